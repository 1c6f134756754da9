"""A request to a gateway: limited in time, to allowed addresses only, with a line in the log of outgoing calls."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import aiohttp

from py360.kit import egress, vendor
from py360.kit.vendor import VendorError
from py360.modules.providers.api import ProviderAccount

Answer = TypeVar("Answer")


async def request(
    gateway: str,
    account: ProviderAccount,
    operation: str,
    method: str,
    url: str,
    read: Callable[[int, bytes], Answer],
    *,
    headers: Mapping[str, str],
    query: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, object] | None = None,
) -> Answer:
    """One request; `read` makes the answer of the status and the body.

    Raises VendorError when the gateway cannot be reached, which is unclear after a POST: it may have arrived.
    """
    timeout = aiohttp.ClientTimeout(total=vendor.TIMEOUT_SECONDS)
    connector = egress.connector(1, trusted=account.is_sandbox)
    async with vendor.call(gateway.lower(), operation, account.id) as noted:
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, connector=connector) as http,
                http.request(
                    method, url, params=query, data=form, json=json, headers=headers, allow_redirects=False
                ) as answer,
            ):
                noted.http_status = answer.status
                content = await answer.read()
        except aiohttp.ClientError as error:
            raise VendorError(
                f"{gateway} cannot be reached: {type(error).__name__}", unclear=method == "POST"
            ) from error
        return read(answer.status, content)
