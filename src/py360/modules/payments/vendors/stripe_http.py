"""Requests to Stripe (docs.stripe.com/api/authentication, /api/errors, /api/idempotent_requests, /api/versioning)."""

from collections.abc import Mapping
from typing import Final, TypeVar

from pydantic import ValidationError

from py360.kit.vendor import Body, VendorError
from py360.modules.payments.vendors.http import request
from py360.modules.payments.vendors.stripe_bodies import Refusal
from py360.modules.providers.api import ProviderAccount, StripeSettings

LIVE_URL: Final = "https://api.stripe.com"
VERSION: Final = "2026-10-28.endive"  # of the API, as the pinned SDK has it
Answer = TypeVar("Answer", bound=Body)


async def call(
    kind: type[Answer],
    account: ProviderAccount,
    operation: str,
    method: str,
    path: str,
    fields: Mapping[str, str] | None = None,
    *,
    key: str | None = None,
) -> Answer:
    """One request; its answer as `kind`. A refusal is permanent, a failure or silence after a POST is unclear."""
    settings = account.expect(StripeSettings)
    headers = {"Authorization": f"Bearer {settings.secret_key.get_secret_value()}", "Stripe-Version": VERSION}
    if settings.account_id:
        headers["Stripe-Account"] = settings.account_id
    if key:
        headers["Idempotency-Key"] = key
    is_post = method == "POST"
    return await request(
        "Stripe",
        account,
        operation,
        method,
        (settings.base_url or LIVE_URL) + path,
        lambda status, content: _answer(kind, status, content, is_post=is_post),
        headers=headers,
        query=None if is_post else fields,
        form=fields if is_post else None,
    )


def _answer(kind: type[Answer], status: int, content: bytes, *, is_post: bool) -> Answer:
    try:
        if 200 <= status < 300:
            return kind.model_validate_json(content)
        problem = Refusal.model_validate_json(content).error
    except ValidationError as error:
        raise VendorError(f"Stripe answered {status} with a body that cannot be read", unclear=is_post) from error
    raise VendorError(
        problem.message or f"Stripe answered {status}",
        code=problem.code or problem.type or str(status),
        permanent=400 <= status < 500 and status not in (409, 429),
        unclear=status >= 500 and is_post,
    )
