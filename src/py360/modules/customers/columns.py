"""Which columns of customers and policies people change and files fill."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from psycopg.types.json import Jsonb

# The fields of a form, checked by its schema, under the names of their columns.
Fields: TypeAlias = Mapping[str, object]

CUSTOMER_COLUMNS: Final = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "date_of_birth",
    "gender",
    "pan",
    "address",
    "customer_profile",
    "preferred_language",
    "communication_preferences",
)
POLICY_COLUMNS: Final = (
    "policy_type",
    "product_name",
    "product_category",
    "premium_amount",
    "sum_insured",
    "start_date",
    "end_date",
    "renewal_date",
    "payment_frequency",
    "status",
    "grace_period_days",
    "coverage_details",
    "auto_renewal",
    "agent_id",
    "branch_id",
    "proposer",
    "life_assured",
    "channel_details",
)
# What files have of a customer and of a policy, with its type: corrections of these are remembered.
FILED_OF_CUSTOMER: Final = {"email": "text", "phone": "text"}
FILED_OF_POLICY: Final = {
    "policy_type": "text", "product_name": "text", "premium_amount": "numeric", "sum_insured": "numeric",
    "start_date": "date", "end_date": "date", "renewal_date": "date", "payment_frequency": "text",
}  # fmt: skip
CATEGORIES: Final = {
    "motor": "Motor", "home": "Property", "life": "Life", "health": "Health", "travel": "Travel", "commercial": "Commercial",
}  # fmt: skip
ALSO_CALLED: Final = {"auto": "motor", "vehicle": "motor", "property": "home", "business": "commercial"}
JSON_COLUMNS: Final = frozenset(
    {"address", "communication_preferences", "coverage_details", "proposer", "life_assured", "channel_details"}
)


def values_of(fields: Fields, columns: tuple[str, ...]) -> dict[str, object]:
    """The columns among the fields, as the driver takes them."""
    chosen = {name: fields[name] for name in columns if name in fields}
    return {
        name: Jsonb(value) if name in JSON_COLUMNS and value is not None else value for name, value in chosen.items()
    }


def describe_change(name: str, old: object, new: object) -> str:
    """A change in words: `email: a@example.com → b@example.com`."""
    before, after = ("—" if value in (None, "") else value for value in (old, new))
    return f"{name.replace('_', ' ')}: {before} → {after}"
