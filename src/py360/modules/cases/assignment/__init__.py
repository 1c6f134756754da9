"""Assignment by load, place, working hours and capacity, and the clock of the first contact."""
