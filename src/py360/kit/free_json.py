"""JSON whose keys are not ours to fix: bounded when it is taken, and written out whatever it holds.

Stored rows may be older than these bounds, or come from elsewhere. What JSON cannot hold is then replaced by a mark, so that
one row never fails a list or an export.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator

MAX_DEPTH: Final = 5  # objects and lists within each other
MAX_VALUES: Final = 200
MAX_TEXT: Final = 2_000  # characters of a text
MAX_KEY: Final = 100
MAX_TOTAL: Final = 16_000  # characters of all texts and keys together
MAX_NUMBER: Final = 2**53 - 1  # beyond, browsers round
SHOWN_DEPTH: Final = 50
_INT64: Final = 2**63  # what JSON libraries write


def check(value: Any) -> Any:
    """The value, when it is within the bounds; raises ValueError, saying which one it breaks."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    values = total = 0
    while waiting:
        held, depth = waiting.pop()
        values += 1
        if values > MAX_VALUES:
            raise ValueError(f"may hold at most {MAX_VALUES} values")
        if isinstance(held, (dict, list)):
            if depth == MAX_DEPTH:
                raise ValueError(f"may be nested at most {MAX_DEPTH} levels deep")
            if isinstance(held, dict):
                total += sum(_size(key, MAX_KEY, "a key") for key in held)
            waiting += [(each, depth + 1) for each in (held.values() if isinstance(held, dict) else held)]
        elif isinstance(held, str):
            total += _size(held, MAX_TEXT, "a text in it")
        elif isinstance(held, (int, float)) and not -MAX_NUMBER <= held <= MAX_NUMBER:
            raise ValueError(f"may hold numbers up to {MAX_NUMBER}; write longer ones as text")
        if total > MAX_TOTAL:
            raise ValueError(f"may hold at most {MAX_TOTAL} characters")
    return value


def _size(text: str, limit: int, what: str) -> int:
    if len(text) > limit:
        raise ValueError(f"{what} may have at most {limit} characters")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{what} has a character that cannot be stored")
    return len(text)


FreeJson = Annotated[dict[str, Any], AfterValidator(check)]


def writable(value: Any, depth: int = 0) -> Any:
    """The value with a mark in place of what JSON cannot hold: long integers, deep nesting, broken text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return f"⚠ a number of {len(str(abs(value)))} digits"
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, (Mapping, list, tuple, set, frozenset)) and depth >= SHOWN_DEPTH:
        return "⚠ nested too deep to be shown"
    if isinstance(value, Mapping):
        return {writable(key): writable(held, depth + 1) for key, held in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [writable(held, depth + 1) for held in value]
    return value
