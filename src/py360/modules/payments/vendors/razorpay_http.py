"""Requests to Razorpay (razorpay.com/docs/api/authentication, /docs/api/understand)."""

from collections.abc import Mapping
from typing import Final, TypeVar

import aiohttp
from pydantic import ValidationError

from py360.kit import egress, vendor
from py360.kit.vendor import Body, VendorError
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
    url = (settings.base_url or LIVE_URL) + path
    basic = aiohttp.encode_basic_auth(settings.key_id, settings.key_secret.get_secret_value())
    headers = {"Authorization": basic, **(headers or {})}
    timeout = aiohttp.ClientTimeout(total=vendor.TIMEOUT_SECONDS)
    async with vendor.call("razorpay", operation, account.id) as noted:
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=timeout, connector=egress.connector(1, trusted=account.is_sandbox)
                ) as http,
                http.request(method, url, params=query, json=body, headers=headers, allow_redirects=False) as answer,
            ):
                noted.http_status = answer.status
                content = await answer.read()
        except aiohttp.ClientError as error:
            raise VendorError(
                f"Razorpay cannot be reached: {type(error).__name__}", unclear=method == "POST"
            ) from error
        return _answer(kind, answer.status, content, method)


def _answer(kind: type[Answer], status: int, content: bytes, method: str) -> Answer:
    is_post = method == "POST"
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
