"""What dates do: cases are opened before a term falls due, and lapse when its grace is over."""
