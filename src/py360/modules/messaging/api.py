"""What other modules may call.

A campaign sends a batch in three steps (house laws 2 and 5); `send_one` does the same for one message:

    async with unit_of_work() as session:                     # 1. the door, in the caller's transaction
        sender = await api.account(session, client_id, "email")
        decisions = await api.admit(session, batch, sender)
    deliveries = await api.transport(sender).send(admitted, may_leave)  # 2. the vendor, in no transaction
    async with unit_of_work() as session:                               # 3. the ledger
        await api.keep_back(session, [each for each in deliveries if each.retry])
        await api.record(session, sender, [each for each in deliveries if not each.retry])
"""

from py360.modules.messaging.accounts import account, open_config, seal_config
from py360.modules.messaging.casevalues import case_values
from py360.modules.messaging.compiling import compile
from py360.modules.messaging.door import admit
from py360.modules.messaging.events import MessagesMoved
from py360.modules.messaging.ledger import abandon, spent
from py360.modules.messaging.links import LinkRequest, payment_link, use_payment_links
from py360.modules.messaging.messages import (
    ACCOUNT_REFUSED,
    TOO_FAST,
    UNREACHABLE,
    Account,
    Admitted,
    Channel,
    Decision,
    Delivery,
    Outgoing,
    Postponed,
    Purpose,
    Refused,
    Sent,
    Template,
)
from py360.modules.messaging.retelling import retell
from py360.modules.messaging.seeding import sandbox_in_use, seed
from py360.modules.messaging.sending import keep_back, record, send_one, transport
from py360.modules.messaging.templates import find as template

__all__ = [
    "ACCOUNT_REFUSED",
    "TOO_FAST",
    "UNREACHABLE",
    "Account",
    "Admitted",
    "Channel",
    "Decision",
    "Delivery",
    "LinkRequest",
    "MessagesMoved",
    "Outgoing",
    "Postponed",
    "Purpose",
    "Refused",
    "Sent",
    "Template",
    "abandon",
    "account",
    "admit",
    "case_values",
    "compile",
    "keep_back",
    "open_config",
    "payment_link",
    "record",
    "retell",
    "sandbox_in_use",
    "seal_config",
    "seed",
    "send_one",
    "spent",
    "template",
    "transport",
    "use_payment_links",
]
