"""Figures: every query starts from the caller's reach."""
