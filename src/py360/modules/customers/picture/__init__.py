"""The customer's whole picture: profile, timeline, insights, members of policies."""
