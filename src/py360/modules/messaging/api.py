"""What other modules may call.

A campaign sends a batch in three steps (house laws 2 and 5); `send_one` does the same for one message:

    async with unit_of_work() as session:                     # 1. the door, in the caller's transaction
        sender = await api.account(session, client_id, "email")
        decisions = await api.admit(session, batch, sender)
    deliveries = await api.transport(sender).send(admitted)   # 2. the vendor, in no transaction
    async with unit_of_work() as session:                     # 3. the ledger
        await api.record(session, sender, deliveries)
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from py360.modules.messaging.events import ContactStopped as ContactStopped
from py360.modules.messaging.events import MessagesMoved as MessagesMoved
from py360.modules.messaging.messages import Account as Account
from py360.modules.messaging.messages import Admitted as Admitted
from py360.modules.messaging.messages import Channel as Channel
from py360.modules.messaging.messages import Decision as Decision
from py360.modules.messaging.messages import Delivery as Delivery
from py360.modules.messaging.messages import Outgoing as Outgoing
from py360.modules.messaging.messages import Postponed as Postponed
from py360.modules.messaging.messages import Purpose as Purpose
from py360.modules.messaging.messages import Refused as Refused
from py360.modules.messaging.messages import Rendered as Rendered
from py360.modules.messaging.messages import Sent as Sent
from py360.modules.messaging.messages import Template as Template


class Transport(Protocol):
    """Carries admitted messages to one account's vendor; kept for the life of the process, safe for concurrent batches."""

    async def send(self, batch: Sequence[Admitted]) -> list[Delivery]:
        """Render and hand over; one delivery per message, in the batch's order. Never raises for a vendor's failure."""
        ...


class Compiled(Protocol):
    """A template version made ready once."""

    variables: tuple[str, ...]

    def render(self, values: Mapping[str, Any]) -> Rendered:
        """The texts for one recipient, without tracking."""
        ...


async def template(
    session: AsyncSession,
    client_id: int,
    ref: str | int,
    channel: Channel | None = None,
) -> Template:
    """An active template by code (`template-1`), number or unique name. NotFound; Conflict when the name is not unique
    or the template is not active."""
    raise NotImplementedError


def compile(template: Template) -> Compiled:
    """The template made ready; cached per template version."""
    raise NotImplementedError


async def case_values(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The catalogue's values for these cases (customer, policy, dates, amounts), without links; one statement."""
    raise NotImplementedError


async def account(session: AsyncSession, client_id: int, channel: str, provider_id: int | None = None) -> Account:
    """The sender account to use: the named one, else the channel's default, else its only active one.

    A sandbox account never stands in for a channel that has a real one. Raises Conflict (`no_account`) without any.
    """
    raise NotImplementedError


async def admit(
    session: AsyncSession,
    batch: Sequence[Outgoing],
    account: Account,
    *,
    budget_left: Decimal | None = None,
) -> list[Decision]:
    """Decide a batch of one client and channel, in order, in a few statements; admitted rows are `sending` in the ledger,
    refused ones `blocked` with their reason. `budget_left` (INR) is what the campaign may still spend."""
    raise NotImplementedError


def transport(account: Account) -> Transport:
    """The account's transport; the same object for the same account while its configuration stands."""
    raise NotImplementedError


async def record(session: AsyncSession, account: Account, deliveries: Sequence[Delivery]) -> None:
    """Write what vendors said into the ledger (forward only); addresses that do not exist become suppressed."""
    raise NotImplementedError


async def send_one(outgoing: Outgoing, provider_id: int | None = None) -> Sent:
    """Door, vendor and ledger for one message, outside any transaction of the caller.

    Raises Conflict with the door's reason as its code when refused, TooMany when postponed, Unavailable when the vendor
    failed and nothing was sent.
    """
    raise NotImplementedError


async def abandon(session: AsyncSession, older_than_seconds: int = 300) -> list[int]:
    """Ledger rows left in `sending` by a worker that died become `unknown`; returns their numbers (campaigns follow)."""
    raise NotImplementedError


async def seed(session: AsyncSession, client_id: int) -> None:
    """Built-in templates and the sandbox accounts of a client; may be repeated, and follows the sandbox's ports."""
    raise NotImplementedError
