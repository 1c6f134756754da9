"""Mail servers to database: what is new there, what moved, what is gone."""
