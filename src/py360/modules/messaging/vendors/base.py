"""What every vendor gives: a transport out, events in, and failures in three classes.

permanent: this message will never go (the address does not exist, the text is refused); transient: it surely was not
taken, a later try may succeed; unclear: it may have been taken, so the ledger says `unknown` and nobody sends it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal, Protocol

import aiohttp

from py360.kit import egress
from py360.kit.vendor import TIMEOUT_SECONDS, VendorError
from py360.modules.messaging.messages import ACCOUNT_REFUSED, TOO_FAST, UNREACHABLE, Admitted, Delivery, SendGuard
from py360.modules.providers.api import ProviderAccount

Status = Literal["sent", "delivered", "opened", "clicked", "replied", "failed", "bounced"]
CONNECTIONS = 20


def always(admitted: Admitted) -> bool:
    """The permit of messages that nobody calls back."""
    return True


class Transport(Protocol):
    """Carries messages of one account. Kept for the life of the process; concurrent batches are fine."""

    async def send(self, batch: Sequence[Admitted], may_send: SendGuard = always) -> list[Delivery]:
        """Render and hand over; one delivery per message, in order. A vendor's failure is an answer, never an exception.

        A batch may take minutes where the vendor is slow, so the permit is asked right before each message leaves.
        """
        ...

    async def check(self) -> str:
        """Whether the account works, in one sentence; raises VendorError with the reason when it does not."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


@dataclass(frozen=True, slots=True)
class Moved:
    """A vendor's news about a message. One of the two numbers is known; `address` is set when it must be suppressed."""

    status: Status | None
    at: datetime
    message_id: int | None = None
    vendor_message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    stop: Literal["hard_bounce", "complaint", "unsubscribe"] | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A person wrote to us. `answers` is the vendor's id of the message they replied to, where told.

    `choices` are the texts and payloads of a button or list entry that was chosen; `asks` is set when the vendor itself
    says that this is an opt-out or an opt-in.
    """

    contact: str
    text: str
    at: datetime
    answers: str | None = None
    choices: tuple[str, ...] = ()
    asks: Literal["stop", "start"] | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """One event out of a webhook request, as it goes into the inbox: a key that repeats with the event, and its payload."""

    event_id: str
    payload: dict[str, Any]


def failure(admitted: Admitted, error: VendorError, *, bounced: bool = False, opted_out: bool = False) -> Delivery:
    """A vendor's failure as the ledger takes it."""
    status: Literal["unknown", "bounced", "failed"] = "unknown" if error.unclear else "bounced" if bounced else "failed"
    return Delivery(
        admitted.message_id,
        status,
        admitted.outgoing,
        error_code=error.code[:50] or None,
        error_message=str(error)[:500],
        retry=not (error.permanent or error.unclear),
        opted_out=opted_out,
    )


def withheld(admitted: Admitted) -> Delivery:
    """It lost its permit before it left."""
    return Delivery(admitted.message_id, "withheld", admitted.outgoing, retry=True)


async def in_lanes(
    batch: Sequence[Admitted], lanes: int, one: Callable[[Admitted], Awaitable[Delivery]]
) -> list[Delivery]:
    """Carry a batch with so many at a time; the answers in the batch's order."""
    answers: list[Delivery | None] = [None] * len(batch)
    work = iter(enumerate(batch))

    async def lane() -> None:
        for place, admitted in work:
            answers[place] = await one(admitted)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(lanes, len(batch))):
            group.create_task(lane())
    return [answer for answer in answers if answer is not None]


class HttpTransport:
    """What the vendors with an HTTP interface share: one session, lanes, and the classes of failure."""

    no_such_address: ClassVar[frozenset[str]] = frozenset()  # the vendor's codes for it
    opted_out: ClassVar[frozenset[str]] = frozenset()  # for a recipient who told the vendor to stop our messages
    account_refused: ClassVar[frozenset[str]] = frozenset()  # for credentials or an account that are no longer good

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self._session: aiohttp.ClientSession | None = None
        self._free = asyncio.Semaphore(CONNECTIONS)

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session, opened on first use."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                connector=egress.connector(CONNECTIONS, trusted=self.account.is_sandbox),
                headers=self.headers(),
            )
        return self._session

    def headers(self) -> dict[str, str]:
        """Headers of every request, such as the authorisation."""
        return {}

    async def send(self, batch: Sequence[Admitted], may_send: SendGuard = always) -> list[Delivery]:
        """Hand a batch over, some at a time; the batches under way share the connections."""

        async def one(admitted: Admitted) -> Delivery:
            async with self._free:  # nobody waits for a connection after the permit, nor within the time of the call
                return await self._safely(admitted) if may_send(admitted) else withheld(admitted)

        return await in_lanes(batch, CONNECTIONS, one)

    async def one(self, admitted: Admitted) -> Delivery:
        """Hand one message over; raises VendorError or aiohttp's errors."""
        raise NotImplementedError

    async def _safely(self, admitted: Admitted) -> Delivery:
        try:
            return await self.one(admitted)
        except VendorError as error:
            if error.code in self.account_refused:
                error = no_account(str(error))
            return failure(
                admitted, error, bounced=error.code in self.no_such_address, opted_out=error.code in self.opted_out
            )
        except aiohttp.ClientConnectorError as error:
            return failure(admitted, VendorError(f"The vendor cannot be reached: {error}", code=UNREACHABLE))
        except (aiohttp.ClientError, TimeoutError) as error:
            text = f"The vendor did not answer ({type(error).__name__}); the message may have been sent."
            return failure(admitted, VendorError(text, code="no_answer", unclear=True))

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()


def no_account(said: str) -> VendorError:
    """The vendor does not let our account in: the message surely did not leave, and nor would any other."""
    return VendorError(f"The vendor refuses the sender account: {said}", code=ACCOUNT_REFUSED)


def too_fast(said: str) -> VendorError:
    """The vendor takes no more messages at the moment."""
    return VendorError(f"The vendor asks us to go slower: {said}", code=TOO_FAST)


def refusal(status: int, code: str, message: str) -> VendorError:
    """An HTTP answer that is not a success, in its class: 401 and 429 are transient, other 4xx permanent, 5xx unclear."""
    if status == 401:
        return no_account(message or "it does not take our sign-in.")
    if status == 429:
        return too_fast(message)
    if status >= 500:
        return VendorError(f"The vendor failed ({status}): {message}", code=code or str(status), unclear=True)
    return VendorError(message or f"The vendor refused ({status}).", code=code or str(status), permanent=True)


def price(account: ProviderAccount, parts: int = 1) -> Decimal | None:
    """What a message costs at this account (`unitPrice`, INR per message or SMS part)."""
    unit = account.settings.unit_price
    return unit * parts if unit is not None else None


def sent(admitted: Admitted, vendor_message_id: str | None, cost: Decimal | None) -> Delivery:
    """The vendor took it."""
    return Delivery(admitted.message_id, "sent", admitted.outgoing, vendor_message_id=vendor_message_id, cost=cost)
