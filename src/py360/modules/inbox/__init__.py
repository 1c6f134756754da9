"""Mailboxes: what customers write by e-mail, read, sorted, answered and measured."""
