"""Reports of new mails: planned with the mail's other consequences, sent outside any transaction, tried again for a day.

A ledger row per mail; the id of a report is the mail's, so that one that is sent again is recognised. The body says what the mail is,
not what is in it: whoever needs the text asks the API, within their reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import aiohttp
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, egress, ids, resources, sql, vendor
from py360.kit.vendor import VendorError
from py360.kit.wire import dumps
from py360.modules.identity import api as identity
from py360.modules.inbox.webhook import secret
from py360.modules.notifications import api as notifications
from py360.modules.settings import api as settings

TIMEOUT_SECONDS: Final = 15.0
MOST: Final = 100  # reports of one job
MOST_FAILURES: Final = 3  # in a row, then the address is left alone until the next job, a minute later
LEASE: Final = timedelta(minutes=2)
# After each failure, in minutes: nine tries within 24 hours.
DELAYS: Final = (1, 5, 30, 60, 120, 240, 480, 480)
NOTIFIED_AFTER: Final = 4  # tries of one report, some forty minutes
LONGEST: Final = timedelta(hours=8)  # that a receiver may ask us to wait (Retry-After)
KEPT: Final = timedelta(days=30)
GONE: Final = 410  # the receiver wants no more of it
_CLAIM: Final = sql.read(__file__, "claim_report")
# What was in a mailbox before it was connected is no news. Mail servers' clocks may be late.
_PLAN: Final = """
insert into email_webhook_deliveries (client_id, email_id, due_at, created_at)
select e.client_id, e.id, %(now)s, %(now)s from emails e join email_accounts a on a.id = e.account_id
where e.id = any(%(ids)s) and e.client_id = %(client)s and e.received_at >= a.created_at - interval '5 minutes'
on conflict (email_id) do nothing returning id
"""


async def plan(session: AsyncSession, client_id: int, email_ids: Sequence[int]) -> int:
    """Plan reports of mails that came in, where the office wants them; how many."""
    in_force = await settings.get(session, client_id, settings.Email)
    if not (in_force.webhook_enabled and in_force.webhook_url):
        return 0
    params = {"client": client_id, "ids": list(email_ids), "now": resources.current().clock.now()}
    return len(await db.fetch_all(session, int, _PLAN, params))


async def forget(session: AsyncSession, now: datetime) -> None:
    """Remove the rows of reports that ended long ago."""
    await db.execute(
        session,
        "delete from email_webhook_deliveries where status <> 'pending' and finished_at < %(before)s",
        {"before": now - KEPT},
    )


async def waiting(session: AsyncSession, now: datetime) -> list[int]:
    """The clients that have reports to send now."""
    return await db.fetch_all(
        session,
        int,
        "select distinct client_id from email_webhook_deliveries where status = 'pending' and due_at <= %(now)s order by 1",
        {"now": now},
    )


@dataclass(frozen=True, slots=True)
class _Report:
    """A report to send, and what it says of its mail."""

    id: int
    attempts: int
    email_id: int
    account_id: int | None
    thread_id: str | None
    message_id: str
    from_email: str
    from_name: str
    to_email: str
    subject: str
    category: str
    intent: str | None
    sentiment_label: str | None
    urgency: str | None
    language: str | None
    priority: str
    status: str
    folder: str
    is_automatic: bool
    has_attachments: bool
    received_at: datetime
    policy_number: str | None
    case_number: str | None
    customer_id: int | None
    assigned_to: int | None

    @property
    def webhook_id(self) -> str:
        """The same whenever the mail is reported."""
        return f"email_received_{self.email_id}"

    def body(self) -> bytes:
        """The report as it is sent, with the names of GET /api/emails."""
        data = {
            "id": ids.code("mail", self.email_id), "emailId": self.email_id, "accountId": self.account_id, "threadId": self.thread_id,
            "messageId": self.message_id, "from": self.from_email, "fromName": self.from_name or None,
            "to": [each for each in self.to_email.split(", ") if each], "subject": self.subject, "category": self.category,
            "intent": self.intent, "sentiment": self.sentiment_label, "urgency": self.urgency, "language": self.language,
            "priority": self.priority, "status": self.status, "folder": self.folder, "isAutomatic": self.is_automatic,
            "hasAttachments": self.has_attachments, "dateReceived": self.received_at, "policyNumber": self.policy_number,
            "caseId": self.case_number, "assignedTo": self.assigned_to,
            "customerId": ids.code("customer", self.customer_id) if self.customer_id is not None else None,
        }  # fmt: skip
        return dumps({"type": "email.received", "timestamp": self.received_at, "data": data})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a report was not taken, as a sentence; `status` where the receiver answered, `wait` where it said for how long."""

    message: str
    status: int | None = None
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Claimed:
    report: _Report
    url: str
    secrets: list[str]


async def deliver(client_id: int) -> int:
    """Send the reports of a client that are due, one after the other; how many were taken. Call it outside any transaction."""
    taken = failures = 0
    for _ in range(MOST):
        claimed = await _claim(client_id)
        if claimed is None:
            break
        error = await _send(client_id, claimed)
        taken, failures = (taken + 1, 0) if error is None else (taken, failures + 1)
        if failures == MOST_FAILURES:
            break
    return taken


async def _claim(client_id: int) -> _Claimed | None:
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        in_force = await settings.get(session, client_id, settings.Email)
        if not (in_force.webhook_enabled and in_force.webhook_url):
            await db.execute(
                session,
                "update email_webhook_deliveries set status = 'failed', error = 'The webhook was switched off.',"
                " finished_at = %(now)s where client_id = %(client)s and status = 'pending'",
                {"client": client_id, "now": now},
            )
            return None
        params = {"client": client_id, "now": now, "lease": now + LEASE}
        report = await db.fetch_one(session, _Report, _CLAIM, params)
        if report is None:
            return None
        return _Claimed(report, in_force.webhook_url, await secret.in_force(session, client_id, now))


async def _send(client_id: int, claimed: _Claimed) -> Refusal | None:
    report, now = claimed.report, resources.current().clock.now()
    body = report.body()
    refusal = await post(claimed.url, secret.headers(report.webhook_id, now, body, claimed.secrets), body)
    async with db.unit_of_work() as session:
        await _record(session, client_id, report, refusal, resources.current().clock.now())
    return refusal


async def post(url: str, headers: dict[str, str], body: bytes) -> Refusal | None:
    """Send a report to a public address. Anything but an answer of 2xx within 15 seconds is a failure, a redirect too."""
    wait: timedelta | None = None
    status: int | None = None
    try:
        if refused := await egress.refusal_of_url(url):
            return Refusal(refused)
        async with vendor.call("webhook", "report_mail") as call:
            async with (
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                    connector=egress.connector(1),
                    auto_decompress=False,
                ) as session,
                session.post(
                    url, data=body, headers={"Content-Type": "application/json", **headers}, allow_redirects=False
                ) as answer,
            ):
                call.http_status = status = answer.status
                asked = answer.headers.get("Retry-After", "")
                wait = timedelta(seconds=int(asked[:6])) if asked.isascii() and asked.isdigit() else None
            if not 200 <= status < 300:
                raise VendorError(f"The address answered {status}.")
    except VendorError as error:
        return Refusal(str(error), status, wait)
    except TimeoutError:
        return Refusal(f"The address gave no answer within {TIMEOUT_SECONDS:.0f} seconds.")
    except egress.AddressNotAllowed as error:
        return Refusal(str(error))
    except (aiohttp.ClientError, OSError) as error:
        return Refusal(f"The address cannot be reached ({type(error).__name__}).")
    return None


_DELIVERED: Final = """
update email_webhook_deliveries set status = 'delivered', http_status = null, error = null, finished_at = %(now)s where id = %(id)s
"""
_FAILED: Final = """
update email_webhook_deliveries set status = case when %(due)s::timestamptz is null then 'failed' else 'pending' end,
  due_at = coalesce(%(due)s, due_at), http_status = %(http)s, error = %(error)s,
  finished_at = case when %(due)s::timestamptz is null then %(now)s::timestamptz end
where id = %(id)s
"""


async def _record(
    session: AsyncSession, client_id: int, report: _Report, refusal: Refusal | None, now: datetime
) -> None:
    if refusal is None:
        await db.execute(session, _DELIVERED, {"id": report.id, "now": now})
        return
    due = _again(report.attempts, refusal, now)
    is_long = report.attempts == NOTIFIED_AFTER or (due is None and report.attempts < NOTIFIED_AFTER)
    if is_long and await _is_first(session, client_id, report, now):
        await notifications.notify(
            session, await identity.holders_of(session, client_id, "settings"), type="system", priority="high",
            title="New mails are not reported to your webhook",
            message=f"The report of {ids.code('mail', report.email_id)} was not taken in {report.attempts} tries. {refusal.message}",
        )  # fmt: skip
    params = {"id": report.id, "due": due, "http": refusal.status, "error": refusal.message[:500], "now": now}
    await db.execute(session, _FAILED, params)


def _again(attempts: int, refusal: Refusal, now: datetime) -> datetime | None:
    """When to try again; None: no more."""
    if attempts > len(DELAYS) or refusal.status == GONE:
        return None
    delay = timedelta(minutes=DELAYS[attempts - 1])
    return now + max(delay, min(refusal.wait or delay, LONGEST))


async def _is_first(session: AsyncSession, client_id: int, report: _Report, now: datetime) -> bool:
    """Whether no other report of a day has failed as long: people are notified once of an address that is down."""
    return await db.fetch_only(
        session,
        bool,
        "select not exists (select from email_webhook_deliveries where client_id = %(client)s and id <> %(id)s"
        " and created_at > %(since)s and (status = 'failed' or status = 'pending' and attempts >= %(tries)s))",
        {"client": client_id, "id": report.id, "since": now - timedelta(days=1), "tries": NOTIFIED_AFTER},
    )
