"""Templates of messages: text, variables, compiled form, approval."""
