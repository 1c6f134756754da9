"""What compliance reads: the registry, the suppression list, consent."""
