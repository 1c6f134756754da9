"""The verbs of campaigns: plan, create, edit, steer, count, finish."""
