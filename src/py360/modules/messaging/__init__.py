"""Templates, sender accounts, the one send gate for outgoing messages, the message ledger, tracking and vendors' webhooks."""
