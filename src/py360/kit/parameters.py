"""What may be asked in a query: what nothing reads is refused, for passed over it would widen the answer (ADR 36)."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from pydantic import BaseModel

from py360.kit.errors import Invalid

EVERYWHERE: Final = frozenset({"clientId", "page", "limit"})
_known: dict[Any, frozenset[str]] = {}  # by endpoint


def refuse_unknown(asked: Collection[str], endpoint: Any, dependant: Any) -> None:
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


def _names(dependant: Any) -> Iterator[str]:
    """The names in the query that a route and what it depends on read."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (each.alias or name for name, each in kind.model_fields.items())
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from _names(inner)
