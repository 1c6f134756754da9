"""The import of a file: its layout, a scan of the whole file, cleaned rows, partitions, and the run."""
