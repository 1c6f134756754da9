"""The wire: camelCase JSON in and out (house, section 6). Knows no web framework."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

import orjson
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

# What every record shows beside its own fields: screens send it back with them.
SHOWN: Final = frozenset({"id", "clientId", "clientName", "createdAt", "createdBy", "updatedAt", "version"})


class Schema(BaseModel):
    """Base of every request body: camelCase outside, snake_case inside, spaces around text removed.

    A field that nothing reads is refused (ADR 39), save those `passed_over`: what screens send along because the record
    shows it, though it is not set here.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, str_strip_whitespace=True, frozen=True, extra="forbid"
    )
    passed_over: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _pass_over(cls, data: Any) -> Any:
        if cls.passed_over and isinstance(data, dict):
            own = {field.alias for field in cls.model_fields.values()}
            return {name: value for name, value in data.items() if name in own or name not in cls.passed_over}
        return data


class QuerySchema(Schema):
    """Base of a list's parameters: a route has more of them than one model, so that `kit.parameters` refuses the unknown."""

    model_config = ConfigDict(extra="ignore")


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
