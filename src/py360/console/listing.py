"""Pages that are a filtered list of the API: what they show is declared, how they look is `templates/list.html`."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypedDict, cast

from fastapi import Response

from py360.console.api_client import Data
from py360.console.render import pick
from py360.console.visit import Visit

# `entry`: money of an account, blank where there is none; `language`: a code; `list`: codes
Kind = Literal[
    "text", "money", "entry", "number", "percent", "day", "moment", "badge", "label", "language", "size", "yes", "list",
    "chance", "reasons", "factors", "sentence", "translated",
]  # fmt: skip
_SLOT: Final = re.compile(r"\{([\w.]+)\}")
_PAGING: Final = frozenset({"page", "limit", "sort", "cursor"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column: a field of the row under a label. `link` leads to a page, with fields of the row in braces."""

    key: str
    label: str
    kind: Kind = "text"
    link: str = ""
    sort: str = ""  # the API's key, where it can sort by it
    under: str = ""  # a field that is shown below, small
    under_kind: Literal["text", "label", "moment", "money", "sentence", "translated"] = "text"
    lead: bool = False  # what a narrow screen shows first
    optional: bool = False  # shown to those who ask for it

    @property
    def css(self) -> str:
        """The classes of its cells."""
        shape = {
            "money": "number end",
            "entry": "number end",
            "number": "number end",
            "percent": "number end",
            "chance": "number end",
            "day": "nowrap",
            "moment": "nowrap",
        }
        code = ["nowrap"] * self.key.endswith("Id")  # CASE-12 stays in one piece
        return " ".join([*shape.get(self.kind, "").split(), *code, *["lead"] * self.lead])

    def address(self, row: Mapping[str, object]) -> str:
        """Where the cell leads."""
        return _SLOT.sub(lambda slot: str(pick(row, slot[1])), self.link)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: a parameter of the API under a label."""

    name: str
    label: str
    kind: Literal["search", "select", "date", "text", "number"] = "select"
    choices: tuple[tuple[str, str], ...] = ()
    placeholder: str = ""
    more: bool = False  # behind “More filters”


class Total(TypedDict):
    """How many rows a list has."""

    total: int


class Counted(TypedDict):
    """A list of which only the number of rows counts."""

    pagination: Total


class KeptView(TypedDict):
    """Filters that the caller keeps under a name."""

    name: str
    query: str


class KeptList(TypedDict):
    """How the caller keeps a list: saved views, and the columns they chose to see or not."""

    views: list[KeptView]
    columns: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: where it comes from (`path` of the API, `key` in its answer) and what of it is shown."""

    address: str
    path: str
    key: str
    title: str
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    lead: str = ""
    sort: str = ""  # the order when none is asked for
    icon: str = "info"
    nothing: str = "There is nothing here yet"
    nothing_text: str = ""
    live: str = ""  # types of live messages that change it
    export: bool = True
    views: bool = True  # whether views of it can be saved, and its columns chosen

    @property
    def name(self) -> str:
        """Under which the caller's views of it are kept."""
        return self.address.strip("/").replace("/", "-")

    @property
    def query(self) -> frozenset[str]:
        """The parameters that its page reads."""
        return frozenset({each.name for each in self.filters}) | _PAGING

    def active(self, query: Mapping[str, str]) -> bool:
        """Whether any filter is set."""
        return any(query.get(each.name) for each in self.filters)

    def with_columns(self, chosen: Mapping[str, bool]) -> "Listing":
        """The same with the columns that the caller sees: the usual ones, unless they chose otherwise."""
        shown = [each for each in self.columns if each.lead or chosen.get(each.key, not each.optional)]
        return replace(self, columns=shown)

    async def show(
        self,
        visit: Visit,
        template: str = "list.html",
        *,
        ask: bool = True,
        own: frozenset[str] = frozenset(),
        more: Mapping[str, str] | None = None,
        **values: object,
    ) -> Response:
        """The page of the list as the address asks for it; without `ask` nothing is looked for yet.

        `own` are the parameters that the page itself reads, and the list does not; `more` those that only the list does.
        """
        asked = {name: value for name, value in visit.query.items() if name not in own} | dict(more or {})
        found, kept = await asyncio.gather(
            visit.api.get(Data, self.path, **asked) if ask else self._nothing(), self._kept(visit)
        )
        return visit.page(
            template,
            listing=self.with_columns(kept["columns"]),
            all_columns=self.columns,
            kept=kept,
            rows=cast(list[Data], found[self.key]),
            pagination=found.get("pagination"),
            found=found,
            **values,
        )

    async def _nothing(self) -> Data:
        return {self.key: []}

    async def _kept(self, visit: Visit) -> KeptList:
        if not self.views:
            return {"views": [], "columns": {}}
        return await visit.api.get(KeptList, f"/user/lists/{self.name}")
