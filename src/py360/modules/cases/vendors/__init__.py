"""Vendors that connect calls."""
