"""How Stripe says no (docs.stripe.com/api/errors)."""

from fastapi import Response

from py360.kit.wire import dumps
from py360.sandbox.world import Refused


def no(
    message: str,
    param: str | None = None,
    code: str | None = None,
    status: int = 400,
    kind: str = "invalid_request_error",
) -> Refused:
    """A refusal."""
    error = {"code": code, "message": message, "param": param, "type": kind}
    body = {"error": {name: value for name, value in error.items() if value is not None}}
    return Refused(Response(dumps(body), status, media_type="application/json"))


def too_much(message: str) -> Refused:
    """The refusal of an amount."""
    return no(message, "amount", "amount_too_large")
