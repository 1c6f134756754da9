"""One file per vendor: stateless translators between our words and theirs. No database, no retries."""
