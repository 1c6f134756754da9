"""What recommendations does."""
