"""E-mandates: authorised by the customer at the gateway, debited after a notice (RBI, Digital Payments - E-mandate framework)."""
