"""The ledger, the gateways and the bank compared, and the queue of what does not agree."""
