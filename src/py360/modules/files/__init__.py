"""Documents: files that belong to a case, a customer, a policy, a claim or another record, and are read by who may read that."""
