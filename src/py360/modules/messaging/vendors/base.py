"""What every vendor gives: a transport out, events in, and failures in three classes.

permanent: this message will never go (the address does not exist, the text is refused); transient: it surely was not
taken, a later try may succeed; unclear: it may have been taken, so the ledger says `unknown` and nobody sends it again.

And about whom: an answer about the recipient or the message is the message's own; an answer about us (`ACCOUNT_REFUSED`,
`TOO_FAST`, `UNREACHABLE`) says nothing of either, so it never bounces a message and never suppresses an address.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from py360.kit.vendor import VendorError
from py360.modules.messaging.messages import ACCOUNT_REFUSED, TOO_FAST, Admitted, Delivery
from py360.modules.providers.api import ProviderAccount

Status = Literal["sent", "delivered", "opened", "clicked", "replied", "failed", "bounced"]
StopReason = Literal["hard_bounce", "complaint", "unsubscribe"]


class HandOver(Protocol):
    """Notes what is on a connection (`delivery.hand_over`)."""

    async def exchange(self, answered: Delivery | None, following: Admitted | None) -> bool:
        """Before a connection takes a message: its last answer is written down and this message is handed over, in one
        transaction. Whether the message may leave; one that may not is answered as `withheld`. Raises when the database stays
        away: then nothing may leave."""
        ...

    def may_send(self, admitted: Admitted) -> bool:
        """Whether the caller still wants this message sent."""
        ...


class Unrecorded:
    """The hand-over of a check or a test, which are in no ledger."""

    async def exchange(self, answered: Delivery | None, following: Admitted | None) -> bool:
        """Everything may leave."""
        return following is not None

    def may_send(self, admitted: Admitted) -> bool:
        """Everything may leave."""
        return True


UNRECORDED: HandOver = Unrecorded()


class Transport(Protocol):
    """Carries messages of one account. Kept for the life of the process; concurrent batches are fine."""

    async def send(self, batch: Sequence[Admitted], hand_over: HandOver = UNRECORDED) -> list[Delivery]:
        """Render and send; one delivery per message, in order. A vendor's failure is an answer, never an exception.

        A batch may take minutes where the vendor is slow, so each message is handed over right before it leaves. At most as
        many messages are handed over without an answer as the account has connections, whatever number of batches share them.
        """
        ...

    async def check(self) -> str:
        """Whether the account works, in one sentence; raises VendorError with the reason when it does not."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True, slots=True)
class Moved:
    """A vendor's news about a message. One of the two numbers is known; `stop` is set when its address must be suppressed."""

    status: Status | None
    at: datetime
    message_id: int | None = None
    vendor_message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    stop: StopReason | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A person wrote to us. `answers` is the vendor's id of the message they replied to, where given.

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
class ContactStop:
    """A vendor reports that a person stopped our messages or complained, and names no message."""

    contact: str
    at: datetime
    reason: Literal["complaint", "unsubscribe"]


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
    """It lost its permission before it left."""
    return Delivery(admitted.message_id, "withheld", admitted.outgoing, retry=True)


async def in_parallel(
    batch: Sequence[Admitted], connections: int, one: Callable[[Admitted], Awaitable[Delivery]]
) -> list[Delivery]:
    """Carry a batch with so many at a time; the answers in the batch's order."""
    answers: list[Delivery | None] = [None] * len(batch)
    work = iter(enumerate(batch))

    async def connection() -> None:
        for place, admitted in work:
            answers[place] = await one(admitted)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(connections, len(batch))):
            group.create_task(connection())
    return [answer for answer in answers if answer is not None]


def no_account(text: str) -> VendorError:
    """The vendor does not let our account in: the message surely did not leave, and nor would any other."""
    return VendorError(f"The vendor refuses the sender account: {text}", code=ACCOUNT_REFUSED)


def too_fast(text: str) -> VendorError:
    """The vendor takes no more messages at the moment."""
    return VendorError(f"The vendor asks us to go slower: {text}", code=TOO_FAST)


def price(account: ProviderAccount, parts: int = 1) -> Decimal | None:
    """What a message costs at this account (`unitPrice`, INR per message or SMS part)."""
    unit = account.settings.unit_price
    return unit * parts if unit is not None else None


def sent(admitted: Admitted, vendor_message_id: str | None, cost: Decimal | None) -> Delivery:
    """The vendor took it."""
    return Delivery(admitted.message_id, "sent", admitted.outgoing, vendor_message_id=vendor_message_id, cost=cost)
