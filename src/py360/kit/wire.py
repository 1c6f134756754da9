"""The wire: camelCase JSON in and out. Knows no web framework."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, ClassVar, Final, Self, get_args

import orjson
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from py360.kit import free_json
from py360.kit.clock import INDIA
from py360.kit.errors import Invalid, PreconditionFailed

# What every record shows beside its own fields: screens send it back with them.
SHOWN: Final = frozenset({"id", "clientId", "clientName", "createdAt", "createdBy", "updatedAt", "version"})


def _as_code(text: Any) -> Any:
    return text.strip().lower().replace(" ", "_").replace("-", "_") if isinstance(text, str) else text


AS_CODE: Final = BeforeValidator(_as_code)  # `Super HNI`, as screens label it, `super-hni` and `super_hni` are one


# A day that people enter or figures are counted from: far enough from the calendar's ends for any span before and after it.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]


def _in_office_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=INDIA)


Moment = Annotated[
    datetime, AfterValidator(_in_office_zone), Field(description="Without a time zone it is the office's, India's")
]


def _without_zone(of_day: time) -> time:
    if of_day.tzinfo is not None:
        raise ValueError("must be a time of day such as 09:30, without a time zone")
    return of_day


TimeOfDay = Annotated[time, AfterValidator(_without_zone), Field(description="By the clock in India, such as 09:30")]


# An amount in an answer: Decimal here, a number in JSON.
Amount = Annotated[Decimal, WithJsonSchema({"type": "number"})]


def unchanged(default: Any = "") -> Any:
    """A field of a change that may be left out, where null means nothing: the description shows no default."""

    def without_default(schema: dict[str, Any]) -> None:
        schema.pop("default", None)

    return Field(default, description="Left out: unchanged", json_schema_extra=without_default)


class Schema(BaseModel):
    """Base of every request body: camelCase outside, snake_case inside, spaces around text removed.

    A field that nothing reads is refused (ADR 39), except those `passed_over`: what screens send along because the record
    shows it, though it is not set here. `as_shown` then holds them to the record, but for what the system `moves` by itself.
    An empty text is how forms send a field that was left empty: where null is possible, it is null, unless the field is
    `never_empty` (ADR 42).
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, str_strip_whitespace=True, frozen=True, extra="forbid"
    )
    passed_over: ClassVar[frozenset[str]] = frozenset()
    moves: ClassVar[frozenset[str]] = frozenset()
    never_empty: ClassVar[frozenset[str]] = frozenset()
    _may_be_empty: ClassVar[frozenset[str]] = frozenset()
    _along: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        empty = set()
        for name, field in cls.model_fields.items():
            if field.annotation is NoneType or NoneType in get_args(field.annotation):
                alias = field.validation_alias
                choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
                empty |= {name, field.alias, *(choice for choice in choices if isinstance(choice, str))}
        cls._may_be_empty = frozenset(name for name in empty if name) - cls.never_empty

    @model_validator(mode="wrap")
    @classmethod
    def _as_forms_send(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, dict):
            return handler(data)
        own = {field.alias for field in cls.model_fields.values()} if cls.passed_over else frozenset()
        along = {name: data[name] for name in data if name in cls.passed_over and name not in own}
        values = {
            name: None if isinstance(value, str) and name in cls._may_be_empty and not value.strip() else value
            for name, value in data.items()
            if name not in along
        }
        made = handler(values)
        made._along.update(along)
        return made

    def given(self) -> dict[str, object]:
        """The fields that the caller sent, by their inner names."""
        return self.model_dump(exclude_unset=True)

    def as_shown(self, record: Mapping[str, object]) -> None:
        """Hold what came along to the record as the API answered it before the change: if it were ignored, it would look saved.

        Raises Invalid, naming what differs, and PreconditionFailed when it is the version: another person was faster. Called
        after the change, whose own word on If-Match comes first; the edge takes the change back.
        """
        read_only = [name for name in self._along if name in record and name not in self.moves and name != "updatedAt"]
        shown = orjson.loads(dumps({name: record[name] for name in read_only}))
        other = [name for name in read_only if (self._along[name] or None) != (shown[name] or None)]
        if "version" in other:
            raise PreconditionFailed
        if other:
            message = "is not set here: send it as it was shown, or leave it out"
            raise Invalid(
                f"Not to be set here: {', '.join(other)}.",
                code="read_only",
                details=[{"field": name, "message": message} for name in other],
            )


class QuerySchema(Schema):
    """Base of a list's parameters: a route has more of them than one model, so that `kit.http.parameters` refuses the unknown."""

    model_config = ConfigDict(extra="ignore")


_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)  # at most 15 digits with 2 decimals: exact in JSON's double
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dumps(value: Any) -> bytes:
    """JSON bytes: money as numbers, moments as `2026-11-24T08:30:00Z`. What JSON cannot hold becomes a mark (`free_json`)."""
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(free_json.writable(value), default=_plain, option=_OPTIONS)


def as_stored(block: BaseModel) -> dict[str, Any]:
    """A block as a JSON column keeps it: what was stated, under the API's names, amounts as numbers."""
    stored: dict[str, Any] = orjson.loads(dumps(block.model_dump(by_alias=True, exclude_none=True)))
    return stored


def camel(row: Mapping[str, Any]) -> dict[str, Any]:
    """A database row with its keys in camelCase."""
    return {to_camel(key): value for key, value in row.items()}
