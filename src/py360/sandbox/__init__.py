"""The vendors' sandbox: what a user tries the product with when no vendor account is configured.

One process implements the wire protocols of Meta's WhatsApp Cloud API, Twilio, a mail relay with Mailgun's webhooks and
Razorpay's Payment Links, and plays the customers behind them. It imports no business module: everything it knows it
receives over HTTP and SMTP, as a vendor would.
"""
