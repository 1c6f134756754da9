"""Notices to the claimant: written with the change they are about, sent by a job through the send gate.

Each is a row of the notice register with its text, channel, time and proof. A death claim's notices go to the claimant, never
to the address of the person who died. A notice that may have left is `unknown` and is not sent again (docs/architecture.md, rule 3).
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.errors import Conflict, Invalid, TooMany, Unavailable
from py360.kit.jobs import defer
from py360.modules.claims.service import history
from py360.modules.claims.service.lock import Claim
from py360.modules.claims.statuses import LABELS
from py360.modules.messaging import api as messaging
from py360.modules.settings import api as settings
from py360.modules.templates.api import Channel

_CONTACT: Final = """
select c.claimant_name, c.claimant_email, c.claimant_phone, u.full_name, u.email, u.phone
from claims c join customers_public_contact u on u.id = c.customer_id where c.id = %(id)s
"""
_WRITE: Final = """
insert into claim_notices (client_id, claim_id, subject, text, created_at)
values (%(client)s, %(claim)s, %(subject)s, %(text)s, %(now)s) returning id
"""
# Found `sending`, it was interrupted by a crash in between: it may have left.
_TAKE: Final = """
update claim_notices n set status = case n.status when 'pending' then 'sending' else 'unknown' end
from claims c where n.id = %(id)s and c.id = n.claim_id and n.status in ('pending', 'sending')
returning n.status, n.client_id, n.claim_id, n.subject, n.text, c.customer_id, c.case_id, c.claim_type
"""
_GIVE_BACK: Final = "update claim_notices set status = 'pending' where id = %(id)s and status = 'sending'"
_RECORD: Final = """
update claim_notices set status = %(status)s, channel = %(channel)s, contact = %(contact)s, message_id = %(message)s,
  reason = %(reason)s, sent_at = %(at)s where id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Contact:
    """Who claims and whose policy it is, with their addresses."""

    claimant_name: str | None
    claimant_email: str | None
    claimant_phone: str | None
    full_name: str
    email: str | None
    phone: str | None

    def name(self) -> str:
        """Who a notice greets."""
        return self.claimant_name or self.full_name

    def addresses(self, claim_type: str) -> list[tuple[Channel, str]]:
        """Where a notice may go, the first choice first."""
        claimant = [("email", self.claimant_email), ("sms", self.claimant_phone)]
        insured = [("email", self.email), ("sms", self.phone)]
        known = claimant if claim_type == "death" or any(each for _, each in claimant) else insured
        found: list[tuple[Channel, str]] = []
        for channel, contact in known:
            if contact:
                found.append(("email" if channel == "email" else "sms", contact))
        return found


@dataclass(frozen=True, slots=True)
class Taken:
    """A notice that this job is about to send, or that may have been sent before (`unknown`)."""

    status: str
    client_id: int
    claim_id: int
    subject: str
    text: str
    customer_id: int
    case_id: int | None
    claim_type: str


async def write(session: AsyncSession, claim: Claim, more: str = "") -> None:
    """Notify the claimant of the claim's status, with a sentence more; nothing where the office has switched it off."""
    if not (await settings.get(session, claim.client_id, settings.Claims)).notify_claimants:
        return
    contact = await db.fetch_only(session, Contact, _CONTACT, {"id": claim.id})
    text = (await settings.get(session, claim.client_id, settings.Renewals)).claim_status_message
    for variable, value in (
        ("customerName", contact.name()),
        ("claimNumber", claim.claim_number),
        ("status", LABELS[claim.status]),
    ):
        text = text.replace("{{" + variable + "}}", value)
    values = {
        "client": claim.client_id,
        "claim": claim.id,
        "subject": f"Your claim {claim.claim_number}",
        "text": f"{text} {more}".strip(),
        "now": resources.current().clock.now(),
    }
    notice_id = await db.fetch_only(session, int, _WRITE, values)
    await defer(session, "claims.send_notice", notice_id=notice_id)


async def send(notice_id: int) -> None:
    """Send one notice, in transactions of its own. Raises TooMany and Unavailable when it has to be tried again."""
    async with db.unit_of_work() as session:
        notice = await db.fetch_one(session, Taken, _TAKE, {"id": notice_id})
        if notice is None or notice.status == "unknown":
            return
        contact = await db.fetch_only(session, Contact, _CONTACT, {"id": notice.claim_id})
    reason = "The claimant has no e-mail address and no phone number on file."
    for channel, address in contact.addresses(notice.claim_type):
        try:
            sent = await _send_by(notice, channel, address)
        except (Conflict, Invalid) as refused:
            reason = refused.message
            continue
        except (TooMany, Unavailable):  # it surely did not leave
            await _give_back(notice_id)
            raise
        if sent.status in ("failed", "bounced"):
            reason = sent.error_message or "The message did not arrive."
            continue
        await _record(notice_id, "unknown" if sent.status == "unknown" else "sent", channel, address, sent.message_id)
        return
    await _refuse(notice_id, notice.claim_id, reason)


async def _send_by(notice: Taken, channel: Channel, address: str) -> messaging.Sent:
    return await messaging.send_one(
        messaging.Outgoing(
            client_id=notice.client_id,
            channel=channel,
            contact=address,
            purpose="transactional",
            subject=notice.subject if channel == "email" else None,
            body=notice.text,
            customer_id=notice.customer_id,
            case_id=notice.case_id,
        )
    )


async def _give_back(notice_id: int) -> None:
    async with db.unit_of_work() as session:
        await db.execute(session, _GIVE_BACK, {"id": notice_id})


async def _record(notice_id: int, status: str, channel: Channel, contact: str, message_id: int) -> None:
    at = resources.current().clock.now()
    values = {"id": notice_id, "status": status, "channel": channel, "contact": contact, "message": message_id}
    async with db.unit_of_work() as session:
        await db.execute(session, _RECORD, {**values, "reason": None, "at": at})


async def _refuse(notice_id: int, claim_id: int, reason: str) -> None:
    """The handler sees in the timeline that the claimant was not reached."""
    now = resources.current().clock.now()
    values = {"id": notice_id, "status": "refused", "channel": None, "contact": None, "message": None}
    async with db.unit_of_work() as session:
        await db.execute(session, _RECORD, {**values, "reason": reason, "at": None})
        await history.write(session, claim_id, "Claimant Not Notified", reason, now, level="warning")
