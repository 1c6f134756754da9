"""Billing: what was sent through which vendor, what of it arrived, and what it cost (domain reference, section 25).

Everything is counted from the message ledger of the caller's clients; a day is India's.
"""
