"""What identity can do: sign in, accounts, roles, the caller's profile."""
