"""Who works here: users, roles, permissions, sign-in. The lowest module; every other may call its `api`."""
