"""The wire: camelCase JSON in and out (house, section 6). Knows no web framework."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Schema(BaseModel):
    """Base of every request body: camelCase outside, snake_case inside, spaces around text removed."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, str_strip_whitespace=True, frozen=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)  # at most 15 digits with 2 decimals: exact in JSON's double
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dumps(value: Any) -> bytes:
    """JSON bytes: money as numbers, moments as `2026-11-24T08:30:00Z`."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def camel(row: Mapping[str, Any]) -> dict[str, Any]:
    """A database row with its keys in camelCase."""
    return {to_camel(key): value for key, value in row.items()}
