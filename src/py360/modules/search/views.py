"""What the search answers."""

from typing import Literal

from typing_extensions import TypedDict

Kind = Literal["customer", "case", "policy", "claim", "campaign"]


class HitView(TypedDict):
    """Something that was found: its code, what it is called, and what distinguishes it from others of that name."""

    id: str
    title: str
    details: str
    status: str | None


class GroupView(TypedDict):
    """What was found of a kind. `more`: there is more than was asked for; narrow the text, or use the list of the kind."""

    type: Kind
    results: list[HitView]
    more: bool


class SearchView(TypedDict):
    """The groups of the kinds that the caller may see, those with nothing included."""

    query: str
    total: int
    groups: list[GroupView]
