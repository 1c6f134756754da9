"""What other modules may call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

Channel = Literal["email", "sms", "whatsapp", "call"]
Purpose = Literal["service", "promotional"]
SuppressionReason = Literal["hard_bounce", "complaint", "unsubscribe", "stop", "manual"]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to be written to: an e-mail address or an E.164 number, and the customer when known."""

    contact: str
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Why somebody may not be written to. `reason`: opted_out, no_opt_in, suppressed, dnc."""

    reason: str
    message: str
    dnc_id: int | None = None
    override_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be written to any more, and the message that showed it."""

    channel: Channel
    contact: str
    reason: SuppressionReason
    message_id: int | None = None
    details: str | None = None


async def admissible(
    session: AsyncSession,
    client_id: int,
    channel: Channel,
    purpose: Purpose,
    items: Sequence[Contact],
) -> list[Block | None]:
    """Consent, then suppression, then DNC for a whole batch in one statement; one answer per item, None when allowed."""
    raise NotImplementedError


async def suppress(session: AsyncSession, client_id: int, entries: Sequence[Suppression]) -> None:
    """Put addresses on the suppression list; the first reason stands."""
    raise NotImplementedError


async def opt_out(
    session: AsyncSession,
    client_id: int,
    channel: Channel,
    contact: str,
    *,
    source: str,
    message_id: int | None = None,
) -> None:
    """A person said stop: suppress the address and record the opt-out of every customer who has it.

    A phone number is stopped on SMS and WhatsApp together.
    """
    raise NotImplementedError


async def opt_in(
    session: AsyncSession,
    client_id: int,
    channel: Channel,
    contact: str,
    *,
    source: str,
    message_id: int | None = None,
) -> None:
    """A person said start: lift the suppression by STOP or unsubscribe and record the opt-in."""
    raise NotImplementedError
