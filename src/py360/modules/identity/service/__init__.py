"""What identity can do: signing in, accounts, roles, one's own profile."""
