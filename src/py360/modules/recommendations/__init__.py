"""Recommendations: which policies suit a customer, and which renewals are at risk, each with its reasons."""
