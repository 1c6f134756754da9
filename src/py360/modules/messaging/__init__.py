"""Templates, sender accounts, the one door for outgoing messages, the message ledger, tracking and vendors' webhooks."""
