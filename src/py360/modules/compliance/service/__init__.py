"""What compliance does: who may be written to, opt-outs, suppressions, consent, the do-not-contact registry."""
