"""Razorpay's answers and refusals (razorpay.com/docs/errors)."""

from typing import Any

from fastapi import Response

from py360.kit.wire import dumps
from py360.sandbox.world import Refused


def as_json(body: dict[str, Any], status: int = 200) -> Response:
    """An answer."""
    return Response(dumps(body), status, media_type="application/json")


def no(description: str, status: int = 400) -> Refused:
    """Razorpay's refusal."""
    error = {
        "code": "BAD_REQUEST_ERROR",
        "description": description,
        "source": "business",
        "step": "payment_initiation",
        "reason": "input_validation_failed",
        "metadata": {},
    }
    return Refused(as_json({"error": error}, status))
