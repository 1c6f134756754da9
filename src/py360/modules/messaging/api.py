"""What other modules may call.

A campaign sends a batch in three steps (house laws 2 and 5); `send_one` does the same for one message:

    async with unit_of_work() as session:                     # 1. the door, in the caller's transaction
        sender = await api.account(session, client_id, "email")
        decisions = await api.admit(session, batch, sender)
    deliveries = await api.transport(sender).send(admitted)   # 2. the vendor, in no transaction
    async with unit_of_work() as session:                     # 3. the ledger
        await api.record(session, sender, deliveries)
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import resources
from py360.modules.messaging import ledger
from py360.modules.messaging.accounts import account, open_config, seal_config
from py360.modules.messaging.casevalues import case_values
from py360.modules.messaging.compiling import Compiled, compile
from py360.modules.messaging.door import admit
from py360.modules.messaging.events import ContactStopped, MessagesMoved
from py360.modules.messaging.messages import (
    Account,
    Admitted,
    Channel,
    Decision,
    Delivery,
    Outgoing,
    Postponed,
    Purpose,
    Refused,
    Rendered,
    Sent,
    Template,
)
from py360.modules.messaging.seeding import seed
from py360.modules.messaging.sending import record, send_one, transport
from py360.modules.messaging.templates import find as template
from py360.modules.messaging.vendors.base import Transport

__all__ = [
    "Account",
    "Admitted",
    "Channel",
    "Compiled",
    "ContactStopped",
    "Decision",
    "Delivery",
    "MessagesMoved",
    "Outgoing",
    "Postponed",
    "Purpose",
    "Refused",
    "Rendered",
    "Sent",
    "Template",
    "Transport",
    "abandon",
    "account",
    "admit",
    "case_values",
    "compile",
    "open_config",
    "record",
    "seal_config",
    "seed",
    "send_one",
    "template",
    "transport",
]


async def abandon(session: AsyncSession, older_than_seconds: int = 300) -> list[int]:
    """Ledger rows left in `sending` by a worker that died become `unknown`; returns their numbers (campaigns follow)."""
    before = resources.current().clock.now() - timedelta(seconds=older_than_seconds)
    return [change.message_id for change in await ledger.abandon(session, before)]
