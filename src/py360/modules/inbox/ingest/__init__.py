"""From the bytes of a mail to a row: MIME, HTML, threads, links to customers and cases, service level."""
