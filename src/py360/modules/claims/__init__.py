"""Claims: reported by staff or by the customer, checked, decided, settled, and the clocks that run meanwhile."""
