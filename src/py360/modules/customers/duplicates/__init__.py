"""The same person twice: found, merged, and the merge undone (ADR 103)."""
