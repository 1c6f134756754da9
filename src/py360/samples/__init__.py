"""Sample portfolios: made-up policies in the untidy layout an insurer's office exports."""
