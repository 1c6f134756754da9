"""Mail that people write, from their mailbox: one mail to some recipients through the send gate."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime

from py360.kit import db
from py360.modules.messaging.delivery.dispatch import keep_back, record, transport
from py360.modules.messaging.delivery.gate import admit
from py360.modules.messaging.messages import Admitted, Decision, Delivery, Outgoing
from py360.modules.messaging.vendors.personal_mail import write_mail
from py360.modules.providers.api import MailSettings, ProviderAccount


async def send_from_mailbox(
    account: ProviderAccount, batch: Sequence[Outgoing]
) -> list[tuple[Decision, Delivery | None]]:
    """Send a mail's copies, one per recipient, in transactions of its own: call it outside any.

    What the send gate decided and what became of each, in their order; a refused or deferred one has no delivery. Raises
    nothing for a vendor that is away: `retry` says that the copy did not leave.
    """
    async with db.unit_of_work() as session:
        carrier = transport(account)
        decisions = await admit(session, batch, account, keep_texts=True)
    admitted = [each for each in decisions if isinstance(each, Admitted)]
    deliveries = {each.message_id: each for each in await carrier.send(admitted)}
    async with db.unit_of_work() as session:
        await keep_back(session, [each for each in deliveries.values() if each.retry])
        await record(session, account, [each for each in deliveries.values() if not each.retry])
    return [(each, deliveries.get(each.message_id) if isinstance(each, Admitted) else None) for each in decisions]


def copy_of(account: ProviderAccount, outgoing: Outgoing, at: datetime) -> bytes:
    """A mail of a person as its recipients got it, for the mailbox's own folder of sent mail; without our pixel and links, so that
    looking at it there does not count. Raises ValueError for any other message."""
    if outgoing.mail is None:
        raise ValueError("only mails that people write have a copy")
    return write_mail(
        Admitted(outgoing, 0, tracked=False), outgoing.mail, account.expect(MailSettings), format_datetime(at)
    )
