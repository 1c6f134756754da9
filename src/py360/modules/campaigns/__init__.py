"""Campaigns: one message to many, planned once, sent by a ledger and never twice to the same person."""
