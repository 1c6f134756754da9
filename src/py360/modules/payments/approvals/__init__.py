"""What waits for a second person: receipts by hand above the office's limit, and refunds."""
