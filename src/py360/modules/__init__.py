"""The modules: each a noun of the insurance and messaging trade, reached through its api and events only."""
