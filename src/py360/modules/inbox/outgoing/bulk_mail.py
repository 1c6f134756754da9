"""Bulk e-mail: a mail from a template to many, each through the send gate. One row per recipient is the plan and the ledger."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import addresses, db, jsonb, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.kit.jobs import defer
from py360.modules.inbox.bulk_views import RecipientRead
from py360.modules.inbox.outgoing import merge
from py360.modules.inbox.outgoing.keep import check_time
from py360.modules.inbox.schemas import BulkMailIn, BulkRecipientIn
from py360.modules.messaging import api as messaging
from py360.modules.providers import api as providers
from py360.modules.settings import api as settings
from py360.modules.templates import api as templates
from py360.modules.templates.api import Template

BATCH: Final = 100
LEASE: Final = timedelta(minutes=5)


MOST_LINES: Final = 20_000  # of pasted recipients; a bulk mail has 10,000


@dataclass(frozen=True, slots=True)
class Dropped:
    """A recipient that was not taken, and why."""

    email: str
    reason: str


async def create(session: AsyncSession, caller: Caller, body: BulkMailIn) -> tuple[int, int, list[Dropped]]:
    """Plan a bulk mail, and send it now or at its time; its number, how many recipients, and those not taken.

    Raises NotFound (template), Invalid (no recipient left, a time that is over), Conflict (`merge_off`, no account).
    """
    template = await templates.find(session, caller.client_id, body.template_id, "email")
    await providers.account(session, caller.client_id, "email")
    in_force = await settings.get(session, caller.client_id, settings.Email)
    if body.merge_template is not None and not (in_force.mail_merge_enabled and in_force.attach_to_email):
        raise Conflict("Mail merge is switched off (PUT /api/mail-merge/config).", code="merge_off")
    check_time(body.scheduled_at)
    kept, dropped = _usable(body.recipients)
    if not kept:
        raise Invalid(
            "No recipient has an e-mail address.",
            code="no_recipient",
            details=[{"field": "recipients", "message": "none is usable"}],
        )
    number = await _insert(session, caller, body, template.id, kept)
    if body.scheduled_at is None:
        await defer(session, "inbox.send_bulk", campaign_id=number, queueing_lock=f"inbox bulk {number}")
    return number, len(kept), dropped


async def _insert(
    session: AsyncSession, caller: Caller, body: BulkMailIn, template_id: int, recipients: list[dict[str, object]]
) -> int:
    """Store a bulk mail with its recipients; its number."""
    number = await db.fetch_only(
        session,
        int,
        "insert into email_bulk_campaigns (client_id, name, status, template_id, subject, message, merge_template,"
        " recipient_count, scheduled_at, created_by) values (%(client)s, %(name)s, %(status)s, %(template)s, %(subject)s,"
        " %(message)s, %(merge)s, %(count)s, %(scheduled)s, %(user)s) returning id",
        {
            "client": caller.client_id,
            "name": body.name,
            "status": "scheduled" if body.scheduled_at else "in_progress",
            "template": template_id,
            "subject": body.subject,
            "message": body.message,
            "merge": body.merge_template,
            "count": len(recipients),
            "scheduled": body.scheduled_at,
            "user": caller.user_id,
        },
    )
    await db.execute(
        session,
        "insert into email_bulk_recipients (campaign_id, email, name, company, values)"
        " select %(id)s, r.email, r.name, r.company, r.values from jsonb_to_recordset(%(rows)s)"
        " as r (email text, name text, company text, values jsonb)",
        {"id": number, "rows": jsonb.dumps(recipients)},
    )
    return number


def _usable(recipients: Sequence[BulkRecipientIn]) -> tuple[list[dict[str, object]], list[Dropped]]:
    """Recipients with an address, each once, as they are stored; and the others."""
    kept: dict[str, dict[str, object]] = {}
    dropped: list[Dropped] = []
    for each in recipients:
        address = addresses.mailbox(each.email)
        if address is None:
            dropped.append(Dropped(each.email, "is not an e-mail address"))
        elif address.lower() in kept:
            dropped.append(Dropped(each.email, "is in the list twice"))
        else:
            kept[address.lower()] = {
                "email": address,
                "name": each.name,
                "company": each.company,
                "values": {"customerName": each.name, **each.values},
            }
    return list(kept.values()), dropped


def read_lines(text: str) -> tuple[list[RecipientRead], list[Dropped]]:
    """Recipients of pasted lines `email, name, company`; a line without an address is reported, an empty one passed over.

    Raises Invalid above `MOST_LINES`.
    """
    found: dict[str, RecipientRead] = {}
    dropped: list[Dropped] = []
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        message = f"These are {len(lines):,} lines; {MOST_LINES:,} are read at once. Paste them in parts."
        raise Invalid(message, code="too_many_lines", details=[{"field": "text", "message": message}])
    for line in lines:
        cells = [cell.strip().strip('"') for cell in line.replace("\t", ",").split(",")]
        address = addresses.mailbox(cells[0]) if cells[0] else None
        if not any(cells) or cells[0].lower() == "email":
            continue
        if address is None:
            dropped.append(Dropped(line[:100], "has no e-mail address"))
        elif address.lower() in found:
            dropped.append(Dropped(address, "is in the list twice"))
        else:
            found[address.lower()] = {
                "email": address,
                "name": cells[1] if len(cells) > 1 else "",
                "company": ", ".join(cells[2:]) if len(cells) > 2 else "",
            }
    return list(found.values()), dropped


@dataclass(frozen=True, slots=True)
class _Plan:
    id: int
    client_id: int
    template_id: int | None
    subject: str | None
    message: str | None
    merge_template: str | None
    created_by: int | None


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    email: str
    name: str
    values: dict[str, str]


_CLAIM: Final = """
update email_bulk_recipients set status = 'claimed', lease_until = %(until)s where id in (
  select id from email_bulk_recipients where campaign_id = %(id)s and status = 'pending'
    and (due_at is null or due_at <= %(now)s) order by id limit %(most)s for update skip locked)
returning id, email, name, values
"""
# Of recipients that a dead worker had claimed: what the send gate had not admitted is planned again, the rest is as the ledger says.
_SETTLE: Final = """
update email_bulk_recipients r set lease_until = null, status = case
    when r.message_id is null or m.status = 'blocked' then 'pending'
    when m.status in ('failed', 'bounced') then 'failed'
    when m.status in ('pending', 'sending', 'unknown') then 'unknown' else 'sent' end
from email_bulk_recipients o left join messaging_public_message m on m.id = o.message_id
where o.id = r.id and r.campaign_id = %(id)s and r.status = 'claimed' and r.lease_until < %(now)s
"""


async def send_some(campaign_id: int) -> datetime | bool:
    """Send a batch. True: there may be more; a moment: the rest waits until then; False: it is done.

    Raises Conflict when the client has no e-mail account any more: the campaign says so.
    """
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        plan = await db.fetch_one(
            session,
            _Plan,
            "select id, client_id, template_id, subject, message, merge_template, created_by from email_bulk_campaigns"
            " where id = %(id)s and status = 'in_progress' for update",
            {"id": campaign_id},
        )
        if plan is None or plan.template_id is None:
            return False
        await db.execute(session, _SETTLE, {"id": campaign_id, "now": now})
        account = await providers.account(session, plan.client_id, "email")
        template = await templates.find(session, plan.client_id, plan.template_id, "email")
        shared = await templates.client_values(session, plan.client_id)
        claimed = await db.fetch_all(
            session, _Claimed, _CLAIM, {"id": campaign_id, "now": now, "until": now + LEASE, "most": BATCH}
        )
    if not claimed:
        return await _next(campaign_id, now)
    batch = await asyncio.to_thread(_outgoing, plan, template, shared, claimed)
    carrier = messaging.transport(account)
    async with db.unit_of_work() as session:
        decisions = await messaging.admit(session, batch, account, keep_texts=True)
        await _note_decisions(session, decisions)
    admitted = [each for each in decisions if isinstance(each, messaging.Admitted)]
    deliveries = await carrier.send(admitted)
    async with db.unit_of_work() as session:
        await messaging.keep_back(session, [each for each in deliveries if each.retry])
        await messaging.record(session, account, [each for each in deliveries if not each.retry])
        await _note_deliveries(session, deliveries, now)
    return True


def values_of(shared: Mapping[str, templates.Value], name: str, own: Mapping[str, str]) -> dict[str, templates.Value]:
    """What a template's variables are for one recipient."""
    return {**shared, **templates.fold_values(own), "customer_name": name}


def text_of(message: str | None, rendered: templates.Rendered) -> str:
    """The text of one recipient: the template's, after the words that stand before it."""
    return f"{message.strip()}\n\n{rendered.text}" if message else rendered.text


def html_of(message: str | None, rendered: templates.Rendered) -> str | None:
    """The same as a page."""
    if not message or not rendered.html:
        return rendered.html
    words = "<br>".join(escape(line) for line in message.strip().splitlines())
    before, body, behind = rendered.html.partition("<body")
    attributes, end, content = behind.partition(">")
    return f"{before}{body}{attributes}{end}<p>{words}</p>{content}"


def _outgoing(
    plan: _Plan, template: Template, shared: Mapping[str, templates.Value], claimed: Sequence[_Claimed]
) -> list[messaging.Outgoing]:
    found = []
    for each in claimed:
        values = values_of(shared, each.name, each.values)
        outgoing = messaging.Outgoing(
            client_id=plan.client_id,
            channel="email",
            contact=each.email,
            purpose=template.purpose,
            template=template,
            values=values,
            sent_by=plan.created_by,
            ref=each.id,
        )
        if plan.subject or plan.message or plan.merge_template:
            outgoing = _with_letter(plan, template, outgoing, each, str(shared.get("company_name") or ""))
        found.append(outgoing)
    return found


def _with_letter(
    plan: _Plan, template: Template, outgoing: messaging.Outgoing, to: _Claimed, company: str
) -> messaging.Outgoing:
    """A mail of its own: with another subject, words before the template's, or a letter."""
    rendered = templates.compile(template).render({**outgoing.values, "unsubscribe_link": messaging.UNSUBSCRIBE_HERE})
    files: tuple[messaging.MailFile, ...] = ()
    if plan.merge_template:
        content = merge.write(plan.merge_template, company, to.values)
        files = (messaging.MailFile(f"{plan.merge_template.removesuffix('s')}.pdf", "application/pdf", content),)
    mail = messaging.PersonalMail(
        message_id=f"<bulk-{plan.id}-{to.id}@py360.invalid>",
        to=(to.email,),
        files=files,
        unsubscribable=True,
        html=html_of(plan.message, rendered),
        track_opens=True,
        track_clicks=True,
    )
    return replace(
        outgoing,
        template=None,
        subject=plan.subject or rendered.subject,
        body=text_of(plan.message, rendered),
        mail=mail,
    )


async def _note_decisions(session: AsyncSession, decisions: Sequence[messaging.Decision]) -> None:
    rows = []
    for each in decisions:
        row: dict[str, object] = {
            "id": each.outgoing.ref,
            "message": None,
            "reason": None,
            "status": "claimed",
            "due": None,
        }
        if isinstance(each, messaging.Admitted):
            row["message"] = each.message_id
        elif isinstance(each, messaging.Refused):
            row |= {"message": each.message_id, "reason": each.message, "status": "blocked"}
        else:
            row |= {"reason": each.message, "status": "pending", "due": each.until}
        rows.append(row)
    await _set(session, rows)


async def _note_deliveries(session: AsyncSession, deliveries: Sequence[messaging.Delivery], now: datetime) -> None:
    rows = []
    for each in deliveries:
        status = {"sent": "sent", "unknown": "unknown"}.get(each.status, "failed")
        row: dict[str, object] = {
            "id": each.outgoing.ref,
            "message": each.message_id,
            "reason": each.error_message,
            "status": status,
            "due": None,
        }
        if each.retry:
            row |= {"status": "pending", "due": now + timedelta(minutes=1), "message": None}
        rows.append(row)
    await _set(session, rows)


async def _set(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> None:
    await db.execute(
        session,
        "update email_bulk_recipients r set status = n.status, message_id = n.message, reason = n.reason, due_at = n.due"
        " from jsonb_to_recordset(%(rows)s) as n (id bigint, status text, message bigint, reason text, due timestamptz)"
        " where r.id = n.id",
        {"rows": jsonb.dumps(rows)},
    )


@dataclass(frozen=True, slots=True)
class _Left:
    open: int
    due_at: datetime | None


async def _next(campaign_id: int, now: datetime) -> datetime | bool:
    async with db.unit_of_work() as session:
        left = await db.fetch_only(
            session,
            _Left,
            "select count(*) as open, min(coalesce(due_at, lease_until)) as due_at from email_bulk_recipients"
            " where campaign_id = %(id)s and status in ('pending', 'claimed')",
            {"id": campaign_id},
        )
        if left.open:
            return max(left.due_at or now, now + timedelta(seconds=5))
        await db.execute(
            session,
            "update email_bulk_campaigns set status = 'completed', completed_at = %(now)s where id = %(id)s",
            {"id": campaign_id, "now": now},
        )
    return False


async def start_due(session: AsyncSession, now: datetime) -> list[int]:
    """Bulk mails whose time has come, and those under way: their job is put in the queue where it is lost."""
    await db.execute(
        session,
        "update email_bulk_campaigns set status = 'in_progress' where status = 'scheduled' and scheduled_at <= %(now)s",
        {"now": now},
    )
    return await db.fetch_all(
        session, int, "select id from email_bulk_campaigns where status = 'in_progress' order by id limit 100"
    )


async def stall(campaign_id: int, reason: str) -> None:
    """Note why a bulk mail waits."""
    async with db.unit_of_work() as session:
        await db.execute(
            session,
            "update email_bulk_campaigns set note = %(note)s where id = %(id)s",
            {"id": campaign_id, "note": reason[:500]},
        )
