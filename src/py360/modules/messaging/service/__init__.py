"""What messaging does for a caller."""
