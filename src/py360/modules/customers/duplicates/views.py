"""What the API answers of duplicates."""

from datetime import date, datetime
from typing import Literal

from typing_extensions import TypedDict

from py360.kit.paging import Pagination


class DuplicateView(TypedDict):
    """A customer who may be the same person. `score`: 0 to 100; `reasons`: pan, phone, email, dateOfBirth, pincode, name."""

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


class PairSide(TypedDict):
    """One of two customers who may be the same person; `policies` is how many they have."""

    id: str
    name: str
    email: str | None
    phone: str | None
    dateOfBirth: date | None
    policies: int


class PairView(TypedDict):
    """Two customers who may be the same person, the older record first. `score`: 0 to 100; `reasons`: pan, phone, email, dateOfBirth,
    pincode, name. Dismissed: an officer found that they are two people."""

    id: int
    status: Literal["open", "dismissed"]
    score: int
    reasons: list[str]
    customer: PairSide
    other: PairSide
    foundAt: datetime
    dismissedAt: datetime | None
    dismissedBy: str | None
    dismissReason: str | None


class PairList(TypedDict):
    """A page of customers who may be the same person."""

    duplicates: list[PairView]
    pagination: Pagination


class PairSaved(TypedDict):
    """A pair was dismissed or reopened."""

    id: int
    message: str
