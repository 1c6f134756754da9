"""From an outgoing message to the vendor: send gate, rate limits, dispatch, ledger, history."""
