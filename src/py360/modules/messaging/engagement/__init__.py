"""What recipients do: opens, clicks, unsubscribing, keywords."""
