"""Payments: signed links, the public payment page, gateways, and the ledger of what came in.

What a gateway reports (webhook or poll) becomes facts that only grow; the ledger is computed from the facts. So the order
in which news arrives, and how often, does not matter.
"""
