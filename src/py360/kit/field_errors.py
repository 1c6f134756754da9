"""What is wrong with a field, in words for the officer in front of the form instead of the validator's own."""

from collections.abc import Callable, Mapping, Sequence
from string import ascii_letters, ascii_uppercase, digits
from typing import Any, Final

SHOWN: Final = 3  # fields that the sentence names itself
SUMMARY: Final = "Some fields are missing or wrong: "
_VERBS: Final = ("is ", "may ", "must ")

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "none_required": "must be left empty",
    "string_type": "must be text",
    "bool_type": "must be yes or no (true, false)",
    "bool_parsing": "must be yes or no (true, false)",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "float_parsing": "must be a number",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "date_type": "must be a date such as 2026-12-31",
    "date_parsing": "must be a date such as 2026-12-31",
    "date_from_datetime_parsing": "must be a date such as 2026-12-31",
    "date_from_datetime_inexact": "must be a date such as 2026-12-31",
    "datetime_type": "must be a moment such as 2026-12-31T18:00:00Z",
    "datetime_parsing": "must be a moment such as 2026-12-31T18:00:00Z",
    "datetime_from_date_parsing": "must be a moment such as 2026-12-31T18:00:00Z",
    "timezone_aware": "must say its time zone, as in 2026-12-31T18:00:00+05:30",
    "extra_forbidden": "is not a field of this form",
}


def _short(limits: Mapping[str, Any]) -> str:
    return "may not be empty" if limits["min_length"] == 1 else f"must have at least {limits['min_length']} characters"


_LIMITS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "string_too_short": _short,
    "string_too_long": lambda limits: f"may have at most {limits['max_length']} characters",
    "too_short": lambda limits: (
        f"must have at least {limits['min_length']} entries" if limits["min_length"] > 1 else "may not be empty"
    ),
    "too_long": lambda limits: f"may have at most {limits['max_length']} entries",
    "greater_than": lambda limits: f"must be more than {limits['gt']}",
    "greater_than_equal": lambda limits: f"must be {limits['ge']} or more",
    "less_than": lambda limits: f"must be less than {limits['lt']}",
    "less_than_equal": lambda limits: f"must be {limits['le']} or less",
    "multiple_of": lambda limits: (
        f"must go in steps of {(step := limits['multiple_of'])}, such as {4 * step} or {5 * step}"
    ),
    "decimal_max_digits": lambda limits: f"may have at most {limits['max_digits']} digits",
    "decimal_max_places": lambda limits: f"may have at most {limits['decimal_places']} digits behind the point",
    "decimal_whole_digits": lambda limits: f"may have at most {limits['whole_digits']} digits before the point",
    "literal_error": lambda limits: f"must be {limits['expected']}",
    "enum": lambda limits: f"must be {limits['expected']}",
}


# What pydantic puts into the path beside our fields: the kinds a value may have, and "[key]".
_KINDS: Final = frozenset({"str", "int", "bool", "float"})
_OF_NAMES: Final = frozenset(ascii_letters + digits + "_")


def words(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors as a sentence about the field; its own words where we have none."""
    kind, text = error["type"], str(error["msg"]).removeprefix("Value error, ")
    if kind in _LIMITS:
        return _LIMITS[kind](error.get("ctx", {}))
    if text.startswith("value is not a valid email address"):
        return "must be an e-mail address such as name@example.com"
    return _WORDS.get(kind) or text


def field(error: Mapping[str, Any]) -> str:
    """Which field it is about, as the form knows it: `contacts.2.email`; `body` when it is about all of it."""
    whole, *path = error["loc"]
    return ".".join(filter(_is_field, map(str, path))) or str(whole)


def _is_field(part: str) -> bool:
    return part not in _KINDS and not part.startswith(tuple(ascii_uppercase)) and _OF_NAMES.issuperset(part)


def details(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What is wrong, field by field; a field that may be one of several kinds has one sentence that names them all."""
    messages: dict[str, dict[str, None]] = {}
    for error in errors:
        messages.setdefault(field(error), {})[words(error)] = None
    return [{"field": name, "message": " or ".join(each)} for name, each in messages.items()]


def summary(details: Sequence[Mapping[str, str]]) -> str:
    """The sentence above the details: what a page shows when it shows only that."""
    sentences = [
        f"{each['field']} {each['message']}" if each["message"].startswith(_VERBS) else each["message"]
        for each in details[:SHOWN]
    ]
    sentences = [sentence.removesuffix(".") for sentence in sentences]
    more = f"; and {len(details) - SHOWN} more" if len(details) > SHOWN else ""
    return f"{SUMMARY}{'; '.join(sentences)}{more}."
