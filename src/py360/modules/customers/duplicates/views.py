"""What the API answers of duplicates."""

from datetime import date, datetime

from typing_extensions import TypedDict


class DuplicateView(TypedDict):
    """A customer who may be the same person. `score`: 0 to 100; `reasons`: phone, email, dateOfBirth, pincode, name."""

    customerId: str
    name: str
    email: str | None
    phone: str | None
    dateOfBirth: date | None
    policies: int
    score: int
    reasons: list[str]


class MergeView(TypedDict):
    """A merge; `canBeUndone` until it is undone."""

    mergeId: int
    keptId: str
    mergedId: str
    mergedName: str
    policies: int
    filled: list[str]
    reason: str | None
    mergedBy: str | None
    mergedAt: datetime
    undoneAt: datetime | None
    canBeUndone: bool


class DuplicatesView(TypedDict):
    """Who may be the same person as a customer, and who was merged into them."""

    customerId: str
    duplicates: list[DuplicateView]
    merges: list[MergeView]


class MergeSaved(TypedDict):
    """Two customers were merged, or a merge was undone."""

    mergeId: int
    keptId: str
    mergedId: str
    policies: int
    filled: list[str]
    message: str
