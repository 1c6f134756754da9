"""Razorpay: payment links and e-mandates of one merchant account."""
