"""The charts of the dashboard (domain reference, 23), each under its id."""
