"""What a mail wants and how its writer feels, without a network."""
