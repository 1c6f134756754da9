"""Consent, suppression and the do-not-contact registry: who may be written to, where and why not."""
