"""What an office sets for itself, per client: the tabs of the settings page with their defaults and ranges."""
