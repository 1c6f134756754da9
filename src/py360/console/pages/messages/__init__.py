"""Pages of what is written to customers, and what they write back."""
