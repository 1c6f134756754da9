"""Reading campaigns: one campaign, the lists, its figures and whether it keeps the rules."""
