"""Stripe's stand-in: Checkout Sessions, what is paid on them, and the events that report it."""
