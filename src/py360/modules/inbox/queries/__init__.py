"""What the inbox lists and reads, and its figures."""
