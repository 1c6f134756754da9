"""The double-entry ledger under the payments.

What customers owe and paid is computed from facts (instalments, what gateways reported, receipts by hand); the ledger has an
entry for each of them, and the database refuses a commit in which an entry does not balance (ADR 97).
"""
