"""What the assistant does."""
