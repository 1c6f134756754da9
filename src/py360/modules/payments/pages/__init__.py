"""The customer's payment page."""
