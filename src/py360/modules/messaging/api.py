"""What other modules may call.

A campaign sends a batch in three steps (docs/architecture.md, rules 2 and 4); `send_one` does the same for one message:

    async with unit_of_work() as session:                     # 1. the send gate, in the caller's transaction
        sender = await providers.account(session, client_id, "email")
        decisions = await api.admit(session, batch, sender)
    deliveries = await api.transport(sender).send(admitted, may_send)  # 2. the vendor, in no transaction
    async with unit_of_work() as session:                               # 3. the ledger
        await api.keep_back(session, [each for each in deliveries if each.retry])
        await api.record(session, sender, [each for each in deliveries if not each.retry])
"""

from py360.modules.messaging.delivery.dispatch import check, keep_back, record, send_one, transport
from py360.modules.messaging.delivery.gate import admit
from py360.modules.messaging.delivery.history import SentMessage, render_history
from py360.modules.messaging.delivery.ledger import abandon, spent
from py360.modules.messaging.delivery.personal import copy_of, send_from_mailbox
from py360.modules.messaging.engagement.mail_bounces import MailBounce, apply_mail_bounces
from py360.modules.messaging.engagement.mail_replies import MailReply, apply_mail_replies
from py360.modules.messaging.events import MessagesMoved
from py360.modules.messaging.links import counts_opens
from py360.modules.messaging.messages import (
    ACCOUNT_REFUSED,
    TOO_FAST,
    UNREACHABLE,
    UNSUBSCRIBE_HERE,
    Admitted,
    Decision,
    Deferred,
    Delivery,
    MailFile,
    Outgoing,
    PersonalMail,
    Refused,
    Sent,
)
from py360.modules.messaging.payment_links import LinkRequest, payment_link, use_payment_links

__all__ = [
    "ACCOUNT_REFUSED",
    "TOO_FAST",
    "UNREACHABLE",
    "UNSUBSCRIBE_HERE",
    "Admitted",
    "Decision",
    "Deferred",
    "Delivery",
    "LinkRequest",
    "MailBounce",
    "MailFile",
    "MailReply",
    "MessagesMoved",
    "Outgoing",
    "PersonalMail",
    "Refused",
    "Sent",
    "SentMessage",
    "abandon",
    "admit",
    "apply_mail_bounces",
    "apply_mail_replies",
    "check",
    "copy_of",
    "counts_opens",
    "keep_back",
    "payment_link",
    "record",
    "render_history",
    "send_from_mailbox",
    "send_one",
    "spent",
    "transport",
    "use_payment_links",
]
