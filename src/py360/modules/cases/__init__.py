"""Renewal cases: one due date of one policy, and the work on it until it is renewed or over."""
