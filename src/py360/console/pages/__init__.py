"""The console's pages, one file per area, each with its routes."""
