"""What is done with templates: found, saved, previewed, moved to another status, copied, deleted."""
