"""How regions, branches, teams and sales channels perform."""
