"""What a statement returns has a type: a frozen dataclass or model for a row, or a plain type for its first column."""

from collections.abc import Callable, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any, TypeVar

from psycopg import AsyncCursor
from psycopg.rows import class_row, scalar_row
from pydantic import BaseModel

Kind = TypeVar("Kind")
_factories: dict[type[Any], "RowFactory[Any]"] = {}  # made once for each kind
RowFactory = Callable[[AsyncCursor[Any]], Callable[[Sequence[Any]], Kind]]


def row_factory(kind: type[Kind]) -> RowFactory[Kind]:
    """The psycopg row factory that makes `kind` of each row.

    A dataclass or a Pydantic model takes the columns by their names (a column that it lacks is a TypeError); any other type
    (`int`, `str`, `Decimal`, `dict` for jsonb, ...) stands for the first column, as psycopg gives it.
    """
    found = _factories.get(kind)
    if found is None:
        found = _factories[kind] = _make_factory(kind)
    return found


def _make_factory(kind: type[Any]) -> RowFactory[Any]:
    if is_dataclass(kind):
        return _dataclass_row(kind)
    return class_row(kind) if issubclass(kind, BaseModel) else scalar_row


def _dataclass_row(kind: type[Any]) -> RowFactory[Any]:
    """As `class_row`, and without a dict per row where the columns are in the order of the fields: half the time (measured)."""
    fields = tuple(each.name for each in dataclass_fields(kind) if each.init)
    in_order = not any(each.kw_only for each in dataclass_fields(kind))
    names = [name.encode() for name in fields]

    def factory(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], Any]:
        result = cursor.pgresult  # its names are cheap, `cursor.description` is not
        columns = [result.fname(place) or b"" for place in range(result.nfields)] if result else []
        if in_order and columns == names[: len(columns)]:
            return lambda values: kind(*values)
        texts = [column.decode() for column in columns]
        return lambda values: kind(**dict(zip(texts, values, strict=True)))

    return factory


def only(rows: Sequence[Kind]) -> Kind:
    """The one row of a statement that always gives one; raises LookupError for none or several."""
    if len(rows) != 1:
        raise LookupError(f"one row was expected, {len(rows)} were returned")
    return rows[0]
