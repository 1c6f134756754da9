"""What analytics does: folds changes into the roll-ups, and keeps metrics."""
