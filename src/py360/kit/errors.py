"""Problems a caller can act on. The class docstring is the default sentence; the edge turns each into the error envelope.

Raise one with a better sentence and, where a program must distinguish cases, a stable `code`:
`raise Conflict("This case is closed.", code="case_closed")`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class Problem(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.code = code or self.default_code
        self.details = list(details)
        self.headers = dict(headers or {})
        super().__init__(self.message)


class BadRequest(Problem):
    """The request could not be understood."""

    status = 400
    default_code = "bad_request"


class Unauthenticated(Problem):
    """Please sign in."""

    status = 401
    default_code = "unauthenticated"


class Forbidden(Problem):
    """Your role does not allow this."""

    status = 403
    default_code = "forbidden"


class NotFound(Problem):
    """There is no such record, or it is not within your reach."""

    status = 404
    default_code = "not_found"


class Conflict(Problem):
    """This does not fit the present state of the record."""

    status = 409
    default_code = "conflict"


class Gone(Problem):
    """This is no longer available."""

    status = 410
    default_code = "gone"


class PreconditionFailed(Problem):
    """Another person changed this record meanwhile. Load it again, then repeat your change."""

    status = 412
    default_code = "changed_meanwhile"


class TooLarge(Problem):
    """The file is larger than we accept."""

    status = 413
    default_code = "too_large"


class UnsupportedType(Problem):
    """This type of file is not accepted here."""

    status = 415
    default_code = "unsupported_type"


class Invalid(Problem):
    """Some fields are missing or wrong."""

    status = 422
    default_code = "invalid"


class TooMany(Problem):
    """Too many requests. Please wait a moment."""

    status = 429
    default_code = "too_many_requests"


class Unavailable(Problem):
    """A part that this needs is not available right now. Please try again shortly."""

    status = 503
    default_code = "unavailable"


class NoRoom(Problem):
    """The server's disk is full, so nothing was stored. Please tell the administrator, and try again once there is room."""

    status = 507
    default_code = "disk_full"
