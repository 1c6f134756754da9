"""Links through which customers report claims: signed, for one policy, for so many days. Nothing is stored per link."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.crypto import BadToken, sign, verify
from py360.kit.errors import Conflict, Gone
from py360.kit.settings import settings as machine
from py360.modules.claims.service.submit import Policy
from py360.modules.messaging import api as messaging
from py360.modules.settings import api as settings
from py360.modules.templates.api import Channel

PURPOSE: Final = "claim"

_POLICY: Final = """
select p.id, p.client_id, p.customer_id, p.policy_number, p.policy_type, p.branch_id, u.full_name, u.preferred_language,
  u.email, u.phone, i.client_name
from customers_public_policy p
join customers_public_contact u on u.id = p.customer_id
join identity_public_client i on i.id = p.client_id where p.id = %(id)s
"""
_CLAIMS: Final = """
select c.id, c.claim_number, c.claim_type, c.incident_date, c.status from claims c where c.policy_id = %(id)s
order by c.id desc limit 10
"""


@dataclass(frozen=True, slots=True)
class Insured(Policy):
    """The policy of a link, with its customer and insurer."""

    full_name: str
    preferred_language: str
    email: str | None
    phone: str | None
    client_name: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A claim of the policy, as its customer sees it."""

    id: int
    claim_number: str
    claim_type: str
    incident_date: date
    status: str


async def insured_of(session: AsyncSession, policy_id: int) -> Insured:
    """The policy with its customer. Raises BadToken when there is none any more."""
    found = await db.fetch_one(session, Insured, _POLICY, {"id": policy_id})
    if found is None:
        raise BadToken
    return found


async def make(session: AsyncSession, policy: Policy) -> tuple[str, datetime]:
    """A new link for a policy, and until when it works."""
    days = (await settings.get(session, policy.client_id, settings.Claims)).claim_link_days
    until = (resources.current().clock.now() + timedelta(days=days)).replace(microsecond=0)
    token = sign(PURPOSE, f"{policy.id}:{int(until.timestamp())}")
    return f"{machine().public_url}/api/claim/{token}", until


async def open_link(session: AsyncSession, token: str) -> Insured:
    """The policy of a link. Raises BadToken for one that we did not make, Gone for one that is over."""
    policy_id, _, until = verify(PURPOSE, token).partition(":")
    if not (policy_id.isdigit() and until.isdigit()):
        raise BadToken
    if datetime.fromtimestamp(int(until), UTC) < resources.current().clock.now():
        raise Gone("This link is over. Ask your insurer for a new one.", code="link_expired")
    return await insured_of(session, int(policy_id))


async def reported(session: AsyncSession, policy_id: int) -> list[Reported]:
    """The newest claims of a policy, at most ten."""
    return await db.fetch_all(session, Reported, _CLAIMS, {"id": policy_id})


async def send(insured: Insured, address: str, sent_by: int) -> None:
    """Write the link to the customer, by e-mail or else by SMS; call it outside a transaction. Raises Conflict (no contact, or
    the send gate's reason) and what messaging raises."""
    channel: Channel = "email" if insured.email else "sms"
    contact = insured.email or insured.phone
    if not contact:
        raise Conflict(f"{insured.full_name} has no e-mail address and no phone number.", code="no_contact")
    text = f"Dear {insured.full_name}, report a claim on policy {insured.policy_number} here: {address}"
    sent = await messaging.send_one(
        messaging.Outgoing(
            client_id=insured.client_id,
            channel=channel,
            contact=contact,
            purpose="transactional",
            subject=f"Your policy {insured.policy_number}: report a claim" if channel == "email" else None,
            body=text,
            customer_id=insured.customer_id,
            sent_by=sent_by,
            confidential=True,
        )
    )
    if sent.status in ("failed", "bounced"):
        raise Conflict(f"The link was not sent: {sent.error_message}", code="not_sent")
