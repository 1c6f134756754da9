"""Mailboxes as accounts: their settings, the consent of their owners, and their tokens."""
