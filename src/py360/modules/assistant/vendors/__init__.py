"""Language models: what the assistant asks of one, and the adapters."""
