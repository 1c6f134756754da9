"""Metrics that users compose: a measure, a grouping and filters of a fixed catalogue."""
