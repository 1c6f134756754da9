"""Where people work: the tree of regions, states, branches, departments and teams, and everybody's dated home in it."""
