"""Py360: the open system for insurance policy renewals."""
