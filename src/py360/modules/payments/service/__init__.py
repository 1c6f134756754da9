"""What may be done with money: open an order, record a receipt, give back, close orders."""
