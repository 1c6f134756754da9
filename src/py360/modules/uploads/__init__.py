"""Uploads: a policy file in, customers, policies and renewal cases out."""
