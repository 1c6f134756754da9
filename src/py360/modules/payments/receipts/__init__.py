"""Receipts for customers."""
