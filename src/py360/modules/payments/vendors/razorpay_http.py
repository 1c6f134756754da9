"""Requests to Razorpay (razorpay.com/docs/api/authentication, /docs/api/understand)."""

from collections.abc import Mapping
from typing import Final, TypeVar

import aiohttp
from pydantic import ValidationError

from py360.kit.vendor import Body, VendorError
from py360.modules.payments.vendors.http import request
from py360.modules.payments.vendors.razorpay_bodies import Refusal
from py360.modules.providers.api import ProviderAccount, RazorpaySettings

LIVE_URL: Final = "https://api.razorpay.com"
Answer = TypeVar("Answer", bound=Body)


async def call(
    kind: type[Answer],
    account: ProviderAccount,
    operation: str,
    method: str,
    path: str,
    body: Mapping[str, object] | None = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request; its answer as `kind`. A refusal is permanent, a failure or silence after a POST is unclear."""
    settings = account.expect(RazorpaySettings)
    basic = aiohttp.encode_basic_auth(settings.key_id, settings.key_secret.get_secret_value())
    return await request(
        "Razorpay",
        account,
        operation,
        method,
        (settings.base_url or LIVE_URL) + path,
        lambda status, content: _answer(kind, status, content, is_post=method == "POST"),
        headers={"Authorization": basic, **(headers or {})},
        query=query,
        json=body,
    )


def _answer(kind: type[Answer], status: int, content: bytes, *, is_post: bool) -> Answer:
    if 200 <= status < 300:
        try:
            return kind.model_validate_json(content)
        except ValidationError as error:
            raise VendorError(f"Razorpay answered {status} with a body that cannot be read", unclear=is_post) from error
    try:
        problem = Refusal.model_validate_json(content).error
    except ValidationError as error:
        raise VendorError(f"Razorpay answered {status} without JSON", unclear=is_post) from error
    raise VendorError(
        problem.description or f"Razorpay answered {status}",
        code=problem.code or str(status),
        permanent=400 <= status < 500 and status != 429,
        unclear=status >= 500 and is_post,
    )
