"""What speaks to mail servers."""
