"""What the vendors with an HTTP interface share: one session, its connections, and answers in their classes.

Whatever a vendor answers is about one message: a page in HTML, nothing, JSON of another shape, a cut connection, a redirect, a
body without end. It is read up to `ANSWER_BYTES` and classed; it never ends the batch.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import aiohttp
import minijinja
import orjson

from py360.kit import egress
from py360.kit.errors import Invalid
from py360.kit.vendor import TIMEOUT_SECONDS, VendorError
from py360.modules.messaging.messages import UNREACHABLE, Admitted, Delivery
from py360.modules.messaging.vendors.base import (
    UNRECORDED,
    HandOver,
    failure,
    in_parallel,
    no_account,
    too_fast,
    withheld,
)
from py360.modules.providers.api import ProviderAccount

CONNECTIONS: Final = 20
CONNECT_SECONDS: Final = 8.0
ANSWER_BYTES: Final = 256 << 10
MOST_IN_DOUBT: Final = 5  # unclear answers in a row: after them nothing is sent for a while
SILENT_SECONDS: Final = 30.0
_SURELY_NOT_TAKEN: Final = frozenset({301, 307, 308})  # a redirect of the request itself


@dataclass(frozen=True, slots=True)
class Answer:
    """A vendor's answer: its HTTP status and its JSON object (empty for everything else)."""

    status: int
    fields: Mapping[str, object]


class HttpTransport:
    """An account with an HTTP interface."""

    vendor: ClassVar[str]  # its name in sentences

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self._session: aiohttp.ClientSession | None = None
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._in_doubt = 0  # unclear answers in a row
        self._silent_since = 0.0

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session, opened on first use."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS, sock_connect=CONNECT_SECONDS),
                connector=egress.connector(CONNECTIONS, trusted=self.account.is_sandbox),
                headers={"Accept-Encoding": "identity", **self.headers()},
                auto_decompress=False,  # a small answer cannot unpack into a large one
            )
        return self._session

    def headers(self) -> dict[str, str]:
        """Headers of every request, such as the authorisation."""
        return {}

    async def send(self, batch: Sequence[Admitted], hand_over: HandOver = UNRECORDED) -> list[Delivery]:
        """Send a batch, some at a time; the batches under way share the connections."""

        async def one(admitted: Admitted) -> Delivery:
            async with self._free:  # nobody waits for a connection once handed over, nor within the time of the call
                if self._is_silent():
                    return failure(
                        admitted, VendorError(f"{self.vendor} does not answer at the moment.", code=UNREACHABLE)
                    )
                if not hand_over.may_send(admitted):
                    return withheld(admitted)
                handed_over = await hand_over.exchange(None, admitted)
                delivery = await self._classed(admitted) if handed_over else withheld(admitted)
                await hand_over.exchange(delivery, None)
                return delivery

        return await in_parallel(batch, CONNECTIONS, one)

    def _is_silent(self) -> bool:
        """After several unclear answers in a row one message at a time tries whether the vendor answers again."""
        if self._in_doubt < MOST_IN_DOUBT:
            return False
        now = time.monotonic()
        if now - self._silent_since < SILENT_SECONDS:
            return True
        self._silent_since = now
        return False

    async def one(self, admitted: Admitted) -> Delivery:
        """Send one message; raises VendorError or aiohttp's errors."""
        raise NotImplementedError

    async def _classed(self, admitted: Admitted) -> Delivery:
        try:
            delivery = await self.one(admitted)
        except VendorError as error:
            delivery = failure(admitted, error)
        except (Invalid, minijinja.TemplateError) as error:
            reason = VendorError(f"The message cannot be written: {error}", code="not_rendered", permanent=True)
            delivery = failure(admitted, reason)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            reason = VendorError(
                f"{self.vendor} cannot be reached: {error or 'no connection in time'}", code=UNREACHABLE
            )
            delivery = failure(admitted, reason)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            reason = VendorError(
                f"{self.vendor} did not answer ({type(error).__name__}). The message may have been sent.",
                code="no_answer",
                unclear=True,
            )
            delivery = failure(admitted, reason)
        if delivery.status == "unknown":
            self._in_doubt += 1
            self._silent_since = time.monotonic()
        elif delivery.error_code != UNREACHABLE:
            self._in_doubt = 0
        return delivery

    async def ask(self, method: str, url: str, data: bytes | Mapping[str, str] | None = None) -> Answer:
        """One request and its answer. Raises aiohttp's errors when there is none."""
        async with self.session.request(method, url, data=data, allow_redirects=False) as response:
            try:
                body = await _read(response)
            except (aiohttp.ClientError, OSError):
                if response.status < 300:
                    raise  # it may have been taken
                body = b""  # a refusal, whatever its words are
            return Answer(response.status, _object(body))

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    while len(body) <= ANSWER_BYTES and (chunk := await response.content.read(ANSWER_BYTES)):
        body += chunk
    if len(body) > ANSWER_BYTES:
        response.close()  # the rest is not read
    return body


def _object(body: bytes) -> Mapping[str, object]:
    try:
        found = orjson.loads(body) if len(body) <= ANSWER_BYTES else None
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def refusal(vendor: str, status: int, code: str, message: str) -> VendorError:
    """An HTTP answer that is not a success, in its class, when the vendor's code says nothing better: 401 is about our account,
    429 asks to wait, other 4xx with the vendor's code are permanent. An answer without the vendor's code came from
    something between (a proxy's page): 4xx did not reach the vendor and is tried again; 5xx, a timeout and other redirects are unclear."""
    words = message or f"{vendor} answered {status}."
    if status == 401:
        return no_account(message or "it does not take our sign-in.")
    if status == 429:
        return too_fast(words)
    if status >= 500 or status == 408 or (status < 400 and status not in _SURELY_NOT_TAKEN):
        unclear = f"{vendor} answered {status}{': ' + message if message else ''}. The message may have been sent."
        return VendorError(unclear, code=code or str(status), unclear=True)
    if status < 400:
        return VendorError(
            f"{vendor} answered with a redirect ({status}). Check the account’s address.", code=str(status)
        )
    return VendorError(words, code=code or str(status), permanent=bool(code))


def odd_answer(vendor: str) -> VendorError:
    """A success without the message's number: it may have been taken."""
    return VendorError(
        f"{vendor} accepted the message without giving its number. The message may have been sent.",
        code="odd_answer",
        unclear=True,
    )
