"""Claiming a batch: recipients get a lease, closed cases are left out, payment links are made, the send gate decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, resources, sql
from py360.kit.errors import Conflict
from py360.modules.campaigns.sender.guard import LEASE
from py360.modules.campaigns.sender.run import Run
from py360.modules.campaigns.service.counters import add_counts
from py360.modules.campaigns.service.plan import is_promotional
from py360.modules.messaging import api as messaging
from py360.modules.payments import api as payments
from py360.modules.providers import api as providers
from py360.modules.templates import api as templates

_STATE: Final = "select c.status, p.budget from campaigns c join campaigns p on p.id = c.parent_id where c.id = %(id)s"
_CLAIM: Final = sql.read(__file__, "claim_recipients")
_DECIDED: Final = """
update campaign_recipients r set status = d.status, skip_reason = d.reason, message_id = d.message_id,
  claimed_until = case when d.status = 'claimed' then r.claimed_until end
from jsonb_to_recordset(%(rows)s::jsonb) as d (id bigint, status text, reason text, message_id bigint)
where r.id = d.id
"""


@dataclass(frozen=True, slots=True)
class State:
    """What the claim looks up first: whether the campaign is active, and whether it has a budget (INR)."""

    status: str
    budget: Decimal | None


@dataclass(frozen=True, slots=True)
class ClaimedRecipient:
    """A recipient with a lease; `skip_reason` is set where no message is needed any more."""

    id: int
    customer_id: int
    case_id: int
    contact: str
    attempts: int
    skip_reason: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What the claim writes of a recipient."""

    id: int
    status: str
    reason: str | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A claimed batch, with the account that it was admitted for."""

    account: providers.ProviderAccount | None = field(default=None, repr=False)
    claimed: int = 0
    admitted: Sequence[messaging.Admitted] = ()


async def claim(run: Run) -> Batch:
    """Claim a batch and take it through the send gate.

    The batch is empty when the campaign is not active any more, or has no account to send from (`run.pause_reason`): the
    account is chosen for each batch, so that one that is switched off or changed is not used any more.
    """
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        state = await db.fetch_one(session, State, _STATE, {"id": run.campaign.id})
        if state is None or state.status != "active":
            run.guard.paused = True
            return Batch()
        left = await _budget_left(session, run.campaign.parent_id) if state.budget is not None else None
        try:
            account = await _usable_account(session, run)
        except Conflict as refused:
            run.pause_reason = refused.message
            return Batch()
        params = {
            "id": run.campaign.id,
            "limit": min(run.batch_size, run.largest_batch),
            "until": now + LEASE,
            "now": now,
            "reminder": run.is_reminder,
        }
        recipients = await db.fetch_all(session, ClaimedRecipient, _CLAIM, params)
        if not recipients:
            return Batch()
        run.attempts |= {recipient.id: recipient.attempts for recipient in recipients if recipient.attempts}
        due = [recipient for recipient in recipients if recipient.skip_reason is None]
        decisions = (
            await messaging.admit(session, await _messages(session, run, due), account, budget_left=left) if due else []
        )
        rows = [Decided(each.id, "skipped", each.skip_reason) for each in recipients if each.skip_reason is not None]
        rows += [_decided(run, decision) for decision in decisions]
        await db.execute(session, _DECIDED, {"rows": jsonb.dumps(rows)})
        skipped = sum(row.status == "skipped" for row in rows)
        await add_counts(session, run.campaign.id, {"skipped": skipped})
    run.progressed |= skipped > 0
    return Batch(account, len(recipients), [each for each in decisions if isinstance(each, messaging.Admitted)])


async def _budget_left(session: AsyncSession, parent_id: int) -> Decimal | None:
    """What the campaign may still spend on all its channels. Until this transaction is over no other claim spends of it."""
    # Not the parent's row: pausing it would wait for each batch.
    lock = "select pg_advisory_xact_lock(hashtext('campaigns.budget'), %(id)s::int)"
    await db.execute(session, lock, {"id": parent_id})
    budget = await db.fetch_one(session, Decimal, "select budget from campaigns where id = %(id)s", {"id": parent_id})
    if budget is None:
        return None
    channels = await db.fetch_all(session, int, "select id from campaigns where parent_id = %(id)s", {"id": parent_id})
    return budget - await messaging.spent(session, channels)


async def _usable_account(session: AsyncSession, run: Run) -> providers.ProviderAccount:
    """Raises Conflict when there is none, or none that we can send through."""
    campaign = run.campaign
    account = await providers.account(session, campaign.client_id, campaign.campaign_type, campaign.provider_id)
    messaging.transport(account)
    return account


def _decided(run: Run, decision: messaging.Decision) -> Decided:
    ref = decision.outgoing.ref
    assert ref is not None  # each message of a campaign carries its recipient's id
    if isinstance(decision, messaging.Admitted):
        return Decided(ref, "claimed", message_id=decision.message_id)
    if isinstance(decision, messaging.Refused):
        return Decided(ref, "skipped", decision.reason, decision.message_id)
    if decision.reason == "budget":
        run.pause_reason = decision.message
    else:
        run.wait_until = min(run.wait_until or decision.until, decision.until)
    return Decided(ref, "pending", decision.reason)


async def _messages(session: AsyncSession, run: Run, due: Sequence[ClaimedRecipient]) -> list[messaging.Outgoing]:
    """The messages of a batch: the values of their cases, with a fresh payment link where the template has one."""
    campaign = run.campaign
    values = await templates.case_values(session, [recipient.case_id for recipient in due])
    links: dict[int, str] = {}
    if run.needs_links:
        requests = [messaging.LinkRequest(each.case_id, campaign.client_id, each.contact) for each in due]
        links = await payments.make_links(session, requests)
    promotional = is_promotional(campaign.type, run.template)
    messages = []
    for recipient in due:
        own = values[recipient.case_id]
        if link := links.get(recipient.case_id):
            own["payment_link"] = own["renewal_link"] = own["link"] = link
        messages.append(
            messaging.Outgoing(
                client_id=campaign.client_id,
                channel=campaign.campaign_type,
                contact=recipient.contact,
                purpose="promotional" if promotional else "service",
                template=run.template,
                values=own,
                customer_id=recipient.customer_id,
                case_id=recipient.case_id,
                campaign_id=campaign.id,
                sent_by=campaign.created_by,
                ref=recipient.id,
            )
        )
    return messages
