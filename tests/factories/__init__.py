"""Records that tests start from, made as the product makes them."""
