"""The console's pages: a file per area with its routes, and a folder where several areas belong together."""
