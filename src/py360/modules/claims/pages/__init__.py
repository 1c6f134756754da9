"""The page on which customers report claims."""
