"""The columns of the roll-ups, in the order of `sql/source.sql` and of the tables."""

from typing import Final

# What a sum is of; a fact names its case, too.
DIMENSIONS: Final = ("node_id", "policy_type", "status", "batch_id", "channel", "frequency", "term", "method", "timing")
CHANNELS: Final = ("email", "sms", "whatsapp", "call")
MEASURES: Final = (
    "cases",
    "amount",
    "pending",
    "collected",
    "reached",
    "engaged",
    "paid",
    "days",
    "calls",
    *(f"{channel}_{measure}" for channel in CHANNELS for measure in ("sent", "delivered", "cost")),
)
FACT: Final = (
    "case_id",
    "kind",
    "number",
    "client_id",
    "assigned_to",
    "policy_id",
    "due_date",
    "hour",
    "day",
    *DIMENSIONS,
    *MEASURES,
)
CELL_KEY: Final = ("client_id", "kind", "grain", "day", *DIMENSIONS)


def listed(columns: tuple[str, ...], pattern: str = "{0}") -> str:
    """The columns as a list of SQL, each in the pattern."""
    return ", ".join(pattern.format(column) for column in columns)
