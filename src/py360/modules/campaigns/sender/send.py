"""Sending a campaign: several lanes, each claiming a batch, handing it to the vendor and recording what came of it.

A batch takes three steps (house laws 2 and 3). In one short transaction its recipients are claimed, cases that closed
meanwhile are left out, payment links are made and the door decides; the ledger then says `sending`. Outside any
transaction the vendor gets it, message by message as long as the run's watch permits. In a second transaction the ledger and
the recipients learn what happened; who did not leave is back in the plan. Killed between the first and the last, the batch
becomes `unknown` once its lease is over: it may have left, so it is never sent again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, live, resources
from py360.kit.errors import Conflict
from py360.kit.ids import code
from py360.modules.campaigns import rates
from py360.modules.campaigns.sender import recover as recovering
from py360.modules.campaigns.sender.guard import LEASE, Watch
from py360.modules.campaigns.service import plan as planning
from py360.modules.cases import api as cases
from py360.modules.messaging import api as messaging
from py360.modules.payments import api as payments
from py360.modules.providers import api as providers
from py360.modules.settings import api as settings
from py360.modules.templates import api as templates

LANES: Final = 3
FIRST_BATCH: Final = 40
LEAST_BATCH: Final = 10
BATCH_SECONDS: Final = 0.5
LAST_SECONDS: Final = 2.0  # what is at the vendor when the worker ends is awaited so long
AWAY: Final = timedelta(seconds=30)  # until a vendor that took nobody is tried again
# One whom the vendor puts off (full mailbox, greylisting) is tried again soon, after minutes, after hours.
AGAIN: Final = timedelta(seconds=30)
GROWTH: Final = 18
LONGEST: Final = timedelta(hours=3)
SHOWN_EVERY_SECONDS: Final = 0.5
LINK_VARIABLES: Final = frozenset({"payment_link", "renewal_link", "link"})

_CAMPAIGN: Final = "select * from campaigns where id = %(id)s"
_STANDING: Final = (
    "select c.status, p.budget from campaigns c join campaigns p on p.id = c.parent_id where c.id = %(id)s"
)
_CLAIM: Final = """
with picked as (
  select id from campaign_recipients
  where campaign_id = %(id)s and status = 'pending' and (claimed_until is null or claimed_until <= %(now)s)
  order by id limit %(limit)s for update skip locked
)
update campaign_recipients r set status = 'claimed', claimed_until = %(until)s
from picked join campaign_recipients mine on mine.id = picked.id left join cases_public_term term on term.case_id = mine.case_id
where r.id = picked.id
returning r.id, r.customer_id, r.case_id, r.contact, r.attempts,
  case when not term.is_open then 'case_closed' when term.is_paid and %(reminds)s then 'paid'
       when term.case_id is null and mine.case_id is not null then 'case_closed' end as settled
"""
_DECIDED: Final = """
update campaign_recipients r set
  status = d.status, skip_reason = d.reason, message_id = d.message_id, claimed_until = case when d.status = 'claimed' then r.claimed_until end
from jsonb_to_recordset(%(rows)s::jsonb) as d (id bigint, status text, reason text, message_id bigint)
where r.id = d.id
"""
_RECORDED: Final = """
update campaign_recipients r set status = d.status, claimed_until = d.not_before, sent_at = d.sent_at, error_message = d.error,
  attempts = coalesce(d.attempts, r.attempts), message_id = case when d.status <> 'pending' then r.message_id end
from (
  select d.* from campaign_recipients held
  join jsonb_to_recordset(%(rows)s::jsonb) as d (id bigint, message_id bigint, status text, sent_at timestamptz, error text,
    attempts smallint, not_before timestamptz) on d.id = held.id
  order by held.id for no key update of held) d
where r.id = d.id and r.status = 'claimed' and r.message_id = d.message_id
returning r.status, r.case_id
"""
_COUNTED: Final = """
update campaigns set sent_count = sent_count + %(sent)s, failed_count = failed_count + %(failed)s,
  bounced_count = bounced_count + %(bounced)s, unknown_count = unknown_count + %(unknown)s,
  skipped_count = skipped_count + %(skipped)s, settled_count = settled_count + %(settled)s
where id = %(id)s
"""
OF_NOBODY: Final = frozenset(
    {messaging.UNREACHABLE, messaging.ACCOUNT_REFUSED, messaging.TOO_FAST}
)  # a vendor's trouble
OUTCOMES: Final = ("sent", "failed", "bounced", "unknown", "skipped")


@dataclass
class Run:
    """One run of a campaign's lanes."""

    campaign: db.Row
    template: templates.Template
    needs_links: bool
    watch: Watch
    most: int  # of a batch
    retries: int  # of one who is put off
    wait_until: datetime | None = None
    shown_at: float = 0.0
    batch: int = FIRST_BATCH
    tried: dict[int, int] = field(default_factory=dict)  # attempts so far, of those that were put off before
    account: providers.ProviderAccount | None = field(default=None, repr=False)  # of the latest batch
    trouble: str | None = None  # with the sender account: why nobody can be written to

    def learn(self, deliveries: Sequence[messaging.Delivery], seconds: float) -> None:
        """A batch is what the vendor takes in half a second: so little is in doubt when the worker is killed. A vendor that
        puts some off gets smaller ones."""
        taken = sum(not delivery.retry for delivery in deliveries)
        put_off = any(delivery.retry and delivery.status != "withheld" for delivery in deliveries)
        wanted = taken if put_off else round(len(deliveries) * BATCH_SECONDS / max(seconds, 0.001))
        self.batch = max(LEAST_BATCH, min(wanted, 2 * self.batch, self.most))

    @property
    def channel(self) -> str:
        """The channel of this child campaign."""
        return str(self.campaign["campaign_type"])


async def prepare(campaign_id: int) -> Run | None:
    """Read the campaign and settle what a dead worker left behind; None unless it is active."""
    async with db.unit_of_work() as session:
        campaign = await db.one(session, _CAMPAIGN, {"id": campaign_id})
        if campaign is None or campaign["status"] != "active":
            return None
        template = await templates.find(session, campaign["client_id"], campaign["template_id"])
        in_force = await settings.get(session, campaign["client_id"], settings.Campaigns)
        await recovering.settle_lost(session, campaign_id)
    variables = set(templates.compile(template).variables)
    return Run(
        campaign,
        template,
        bool(variables & LINK_VARIABLES),
        Watch(campaign_id, campaign["type"] in planning.REMINDERS),
        most=in_force.batch_size,
        retries=in_force.retry_attempts,
    )


async def send(run: Run) -> None:
    """Run the lanes until nobody is left, the campaign is paused or stopped, the door says to wait, or the worker ends.

    Whatever ends it, the batches at the vendor are awaited first: one that is left alone ends as `unknown`.
    """
    work = asyncio.gather(run.watch.keep(), _lanes(run), return_exceptions=True)
    try:
        outcomes = await asyncio.shield(work)
    except asyncio.CancelledError:
        run.watch.ending = True
        await asyncio.wait([work], timeout=LAST_SECONDS)
        if not work.done():
            work.cancel()
            raise
        outcomes = work.result()  # everything is recorded: the next worker goes on
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def _lanes(run: Run) -> None:
    try:
        outcomes = await asyncio.gather(*(_lane(run) for _ in range(LANES)), return_exceptions=True)
    finally:
        run.watch.close()
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


async def _lane(run: Run) -> None:
    try:
        while run.wait_until is None and run.trouble is None and await run.watch.goes_on():
            claimed, admitted = await db.insist(partial(claim, run))
            if not claimed and not run.watch.paused:
                return
            if admitted:
                with run.watch.holding(admitted):
                    started = time.monotonic()
                    deliveries = await messaging.transport(_account(run)).send(admitted, run.watch.may_leave)
                    run.learn(deliveries, time.monotonic() - started)
                    await record(run, deliveries)
            await db.insist(partial(_show, run))
    except BaseException:
        run.watch.ending = True  # the other lanes finish what they hold
        raise


async def claim(run: Run) -> tuple[int, list[messaging.Admitted]]:
    """Claim a batch and take it to the door; how many were claimed, and those that may leave. Nobody when there is no account
    to send from (`trouble`): it is chosen anew for each batch, so that one that is switched off or changed is used no more."""
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        now_is = await db.one(session, _STANDING, {"id": run.campaign["id"]})
        if now_is is None or now_is["status"] != "active":
            run.watch.paused = True
            return 0, []
        left = await _budget_left(session, run.campaign["parent_id"]) if now_is["budget"] is not None else None
        try:
            run.account = await _usable_account(session, run)
        except Conflict as refused:
            run.trouble = refused.message
            return 0, []
        said = {"id": run.campaign["id"], "limit": min(run.batch, run.most), "until": now + LEASE, "now": now}
        said["reminds"] = run.watch.reminds
        recipients = await db.all(session, _CLAIM, said)
        if not recipients:
            return 0, []
        run.tried |= {recipient["id"]: recipient["attempts"] for recipient in recipients if recipient["attempts"]}
        due = [recipient for recipient in recipients if recipient["settled"] is None]
        rows: list[dict[str, Any]] = [
            {"id": recipient["id"], "status": "skipped", "reason": recipient["settled"], "message_id": None}
            for recipient in recipients
            if recipient["settled"] is not None
        ]
        decisions = []
        if due:
            wanted = await _outgoing(session, run, due)
            decisions = await messaging.admit(session, wanted, _account(run), budget_left=left)
        rows += [_decided(run, decision) for decision in decisions]
        await db.execute(session, _DECIDED, {"rows": orjson.dumps(rows).decode()})
        await _count(session, run, skipped=sum(row["status"] == "skipped" for row in rows))
    return len(recipients), [decision for decision in decisions if isinstance(decision, messaging.Admitted)]


async def _budget_left(session: AsyncSession, parent_id: int) -> Decimal | None:
    """What the campaign may still spend on all its channels. Until this transaction is over nobody else spends of it."""
    # Not the parent's row: whoever pauses it would wait for each batch.
    await db.execute(
        session, "select pg_advisory_xact_lock(hashtext('campaigns.budget'), %(id)s::int)", {"id": parent_id}
    )
    budget: Decimal | None = await db.value(
        session, "select budget from campaigns where id = %(id)s", {"id": parent_id}
    )
    channels = await db.all(session, "select id from campaigns where parent_id = %(id)s", {"id": parent_id})
    return None if budget is None else budget - await messaging.spent(session, [row["id"] for row in channels])


async def _usable_account(session: AsyncSession, run: Run) -> providers.ProviderAccount:
    """Raises Conflict when there is none, or none that we can send through."""
    campaign = run.campaign
    account = await providers.account(session, campaign["client_id"], run.channel, campaign["provider_id"])
    messaging.transport(account)
    return account


def _account(run: Run) -> providers.ProviderAccount:
    assert run.account is not None
    return run.account


def _decided(run: Run, decision: messaging.Decision) -> dict[str, Any]:
    ref = decision.outgoing.ref
    if isinstance(decision, messaging.Admitted):
        return {"id": ref, "status": "claimed", "reason": None, "message_id": decision.message_id}
    if isinstance(decision, messaging.Refused):
        return {"id": ref, "status": "skipped", "reason": decision.reason, "message_id": decision.message_id}
    if decision.reason == "budget":
        run.trouble = decision.message
    else:
        run.wait_until = min(run.wait_until or decision.until, decision.until)
    return {"id": ref, "status": "pending", "reason": decision.reason, "message_id": None}


async def _outgoing(session: AsyncSession, run: Run, due: Sequence[db.Row]) -> list[messaging.Outgoing]:
    """The messages of a batch: the values of their cases, with a fresh payment link where the template asks for one."""
    values = await templates.case_values(session, [recipient["case_id"] for recipient in due])
    links: dict[int, str] = {}
    if run.needs_links:
        wanted = [
            messaging.LinkRequest(recipient["case_id"], run.campaign["client_id"], recipient["contact"])
            for recipient in due
        ]
        links = await payments.make_links(session, wanted)
    made = []
    for recipient in due:
        said = values[recipient["case_id"]]
        if link := links.get(recipient["case_id"]):
            said["payment_link"] = said["renewal_link"] = said["link"] = link
        made.append(
            messaging.Outgoing(
                client_id=run.campaign["client_id"],
                channel=run.channel,  # type: ignore[arg-type]  # the table's check allows only channels
                contact=recipient["contact"],
                purpose="promotional" if planning.is_promotional(run.campaign["type"], run.template) else "service",
                template=run.template,
                values=said,
                customer_id=recipient["customer_id"],
                case_id=recipient["case_id"],
                campaign_id=run.campaign["id"],
                sent_by=run.campaign["created_by"],
                ref=recipient["id"],
            )
        )
    return made


async def record(run: Run, deliveries: Sequence[messaging.Delivery]) -> None:
    """Write down what became of a batch; who did not leave is back in the plan."""
    now = resources.current().clock.now()
    deliveries = [_put_off(run, delivery) for delivery in deliveries]
    rows = [_outcome(run, delivery, now) for delivery in deliveries]
    back = [delivery for delivery in deliveries if delivery.retry]
    if len(back) == len(deliveries) and any(delivery.status != "withheld" for delivery in back):
        run.wait_until = now + AWAY
        refused = (each.error_message for each in back if each.error_code == messaging.ACCOUNT_REFUSED)
        run.trouble = next(refused, run.trouble)

    async def write() -> None:
        """Counts and histories follow the recipients, whom a second time finds recorded."""
        async with db.unit_of_work() as session:
            await messaging.keep_back(session, back)
            await messaging.record(session, _account(run), [each for each in deliveries if not each.retry])
            recorded = await db.all(session, _RECORDED, {"rows": orjson.dumps(rows).decode()})
            written = [row["case_id"] for row in recorded if row["status"] == "sent" and row["case_id"]]
            await cases.note_contacts(session, written, run.channel, user_id=run.campaign["created_by"])
            await _count(session, run, **Counter(row["status"] for row in recorded if row["status"] != "pending"))

    await db.insist(write)


def _put_off(run: Run, delivery: messaging.Delivery) -> messaging.Delivery:
    """A vendor's `later` is counted, and after the last attempt it is a `no`. A vendor that is away says nothing of anybody."""
    if not _was_put_off(delivery):
        return delivery
    ref = delivery.outgoing.ref
    assert ref is not None
    run.tried[ref] = run.tried.get(ref, 0) + 1
    return delivery if run.tried[ref] <= run.retries else replace(delivery, retry=False)


def _was_put_off(delivery: messaging.Delivery) -> bool:
    return delivery.retry and delivery.status != "withheld" and delivery.error_code not in OF_NOBODY


def _outcome(run: Run, delivery: messaging.Delivery, now: datetime) -> dict[str, Any]:
    """What a recipient learns of their message."""
    attempts = run.tried.pop(delivery.outgoing.ref or 0, None)
    wait = None
    if _was_put_off(delivery) and attempts:
        wait = min(AGAIN * GROWTH ** (attempts - 1), LONGEST)
    elif delivery.error_code == messaging.TOO_FAST:
        wait = AWAY
    return {
        "id": delivery.outgoing.ref,
        "message_id": delivery.message_id,
        "status": "pending" if delivery.retry else delivery.status,
        "sent_at": now.isoformat() if delivery.status == "sent" else None,
        "error": delivery.error_message,
        "attempts": attempts,
        "not_before": (now + wait).isoformat() if wait else None,
    }


async def _count(session: AsyncSession, run: Run, **counts: int) -> None:
    if any(counts.values()):
        said = dict.fromkeys(OUTCOMES, 0) | counts | {"settled": sum(counts.values()), "id": run.campaign["id"]}
        await db.execute(session, _COUNTED, said)


async def _show(run: Run) -> None:
    """Tell the open windows how far it is, at most twice a second."""
    now = time.monotonic()
    if now - run.shown_at < SHOWN_EVERY_SECONDS:
        return
    run.shown_at = now
    row = await resources.current().reads.one(_CAMPAIGN, {"id": run.campaign["id"]})
    if row is not None:
        await live.send(row["client_id"], "campaign.metrics", progress(row), permission="campaigns")


def progress(row: db.Row) -> dict[str, Any]:
    """What a window shows of a running campaign."""
    return {
        "campaignId": code("campaign", row["id"]),
        "status": row["status"],
        "statusReason": row["pause_reason"],
        "targetCount": row["target_count"],
        "progress": rates.progress(row),
        "metrics": rates.metrics(row),
    }
