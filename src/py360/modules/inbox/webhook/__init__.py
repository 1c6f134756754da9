"""New mails are reported to an address of the office's own (domain reference, 28: `webhookEnabled`, `webhookUrl`)."""
