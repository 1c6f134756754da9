"""Pages and cursors: how lists are cut."""

import base64
import binascii
import math
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NotRequired

import orjson
from pydantic import Field
from typing_extensions import TypedDict

from py360.kit.errors import BadRequest

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100
EXACT_UP_TO: Final = 10_000


class Pagination(TypedDict):
    """Which part of a list this is."""

    page: int
    limit: int
    total: Annotated[int, Field(description="Exact up to 10,000; beyond, an estimate with `totalExact: false`")]
    totalPages: int
    totalExact: NotRequired[Literal[False]]
    nextCursor: NotRequired[
        Annotated[
            str | None, Field(description="For `cursor`, on lists that can be gone through; null on the last page")
        ]
    ]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted: page from 1, limit rows, optional sort key (`-createdAt` is newest first)."""

    page: int = 1
    limit: int = DEFAULT_LIMIT
    sort: str | None = None

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.limit


def pagination(page: Page, total: int, exact: bool = True) -> Pagination:
    """The `pagination` object of an answer; `totalExact: false` says that `total` is an estimate."""
    shown: Pagination = {
        "page": page.page,
        "limit": page.limit,
        "total": total,
        "totalPages": math.ceil(total / page.limit),
    }
    if not exact:
        shown["totalExact"] = False
    return shown


def encode_cursor(*keys: Any) -> str:
    """An opaque cursor that holds the sort keys of the last row shown."""
    return base64.urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[Any]:
    """The keys inside a cursor; raises BadRequest when it is not one of ours."""
    try:
        keys = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, orjson.JSONDecodeError, ValueError) as error:
        raise BadRequest("This cursor is not valid. Start again from the first page.", code="bad_cursor") from error
    if not isinstance(keys, list):
        raise BadRequest("This cursor is not valid. Start again from the first page.", code="bad_cursor")
    return keys
