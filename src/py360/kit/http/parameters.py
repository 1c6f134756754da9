"""What may be asked in a query: what nothing reads is refused, for passed over it would widen the answer (ADR 36).

Other spellings of paging and sorting, which the screens use, are known here and nowhere else.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlencode

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from py360.kit.errors import Invalid
from py360.kit.paging import MAX_LIMIT

EVERYWHERE: Final = frozenset({"clientId", "page", "limit"})
_PAGE: Final = frozenset({"page", "pageNumber", "pageNo"})
_LIMIT: Final = frozenset({"limit", "pageSize", "perPage", "per_page", "size", "rowsPerPage"})
_SORT: Final = frozenset({"sort", "sortBy", "sort_by", "orderBy"})
_WAY: Final = frozenset({"order", "sortOrder", "sort_order", "sortDirection", "direction"})
_known: dict[object, frozenset[str]] = {}  # by endpoint


@lru_cache(maxsize=500)  # open windows ask for the same again and again
def in_our_spelling(query: bytes) -> bytes:
    """The query of a list with `page`, `limit` and `sort` for whatever it calls them.

    Pages counted from 0 begin with the first; a limit above the highest is cut to it, and `pagination.limit` says so.
    """
    asked = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    ways = [value for name, value in asked if name in _WAY]
    descending = bool(ways) and ways[-1].strip().lower() in ("desc", "descending", "-1")
    changed = []
    for name, value in asked:
        if name in _PAGE:
            changed.append(("page", "1" if value.strip() == "0" else value))
        elif name in _LIMIT:
            above = (
                value.isascii() and value.isdecimal() and (len(value) > len(str(MAX_LIMIT)) or int(value) > MAX_LIMIT)
            )
            changed.append(("limit", str(MAX_LIMIT) if above else value))
        elif name in _SORT and value:
            changed.append(("sort", f"-{value.removeprefix('-')}" if descending else value))
        elif name not in _WAY and name not in _SORT:
            changed.append((name, value))
    return query if changed == asked else urlencode(changed).encode()


def is_list(dependant: Dependant) -> bool:
    """Whether a route is a list: it takes a page and a limit."""
    return {"page", "limit"} <= set(_names(dependant))


def refuse_unknown(asked: Collection[str], endpoint: object, dependant: Dependant) -> None:
    """Raise Invalid for names that the endpoint does not read; `dependant` is FastAPI's description of what it takes.

    `clientId` is known everywhere; so is paging, for a list that comes whole says so in its `pagination`. Names that begin
    with an underscore are for browsers' caches.
    """
    known = _known.get(endpoint)
    if known is None:
        known = _known[endpoint] = EVERYWHERE | frozenset(_names(dependant))
    if known.issuperset(asked):
        return
    if unknown := [name for name in asked if name not in known and not name.startswith("_")]:
        message = "is not known here; there are: " + ", ".join(sorted(known))
        raise Invalid(
            f"There is no filter or parameter called {', '.join(unknown)[:200]}.",
            code="unknown_filter",
            details=[{"field": name[:100], "message": message} for name in unknown[:10]],
        )


def _names(dependant: Dependant) -> Iterator[str]:
    """The names in the query that a route and what it depends on read."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (each.alias or name for name, each in kind.model_fields.items())
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from _names(inner)
