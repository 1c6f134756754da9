"""What customers publish. Fields are plain JSON values; a subscriber may see an event twice or out of order."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoliciesMoved:
    """Policies belong to another customer since a merge, or its undoing: whatever names their customer follows them."""

    policy_ids: list[int]


@dataclass(frozen=True, slots=True)
class CustomersMerged:
    """A customer was merged into another one, who is bound by the opt-outs of both."""

    client_id: int
    kept_id: int
    merged_id: int


@dataclass(frozen=True, slots=True)
class CustomersParted:
    """A merge was undone: the merged customer is one of its own again."""

    client_id: int
    kept_id: int
    merged_id: int
