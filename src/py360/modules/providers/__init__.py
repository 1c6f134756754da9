"""Vendor accounts: the catalogue, settings and secrets, test, default, limits."""
