"""What people and clients do with uploads: one file per verb."""
