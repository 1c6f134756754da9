"""Sales channels: through which cases come, with capacity, working hours, cost and performance (domain reference, 24)."""
