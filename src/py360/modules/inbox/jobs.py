"""Jobs of the inbox: synchronise mailboxes, send what was scheduled, wake what was snoozed, notify of what came in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.errors import Conflict
from py360.kit.jobs import defer, module_jobs
from py360.modules.inbox import live_updates
from py360.modules.inbox.outgoing import acknowledge, bulk_mail, deliver, sent_folder
from py360.modules.inbox.seed import seed
from py360.modules.inbox.service import ask_model, follow_up, unsnooze
from py360.modules.inbox.service.work import manager_of
from py360.modules.inbox.sync import pull
from py360.modules.inbox.sync.watch import Watcher
from py360.modules.inbox.webhook import deliver as webhook
from py360.modules.inbox.webhook.try_again import defer_reports
from py360.modules.notifications import api as notifications

jobs = module_jobs("inbox")
WATCH_SECONDS: Final = 600.0


@jobs.task(name="inbox.sync", retries=0)  # `sync_due` looks for mailboxes whose time has come
async def sync(account_id: int) -> None:
    """Bring a mailbox up to date."""
    await pull.sync(account_id)


@jobs.periodic(name="inbox.sync_due", cron="* * * * *")
async def sync_due(timestamp: int) -> None:
    """Mailboxes whose interval is over."""
    async with db.unit_of_work() as session:
        for number in await pull.due(session, resources.current().clock.now()):
            await defer(session, sync, account_id=number, queueing_lock=f"inbox sync {number}")


@jobs.task(name="inbox.watch", retries=0, queueing_lock="inbox.watch", own_place=True)
async def watch() -> None:
    """Watch mailboxes whose servers report mail at once; ends after a while, so that the next worker may take over."""
    await Watcher(WATCH_SECONDS).run()


@jobs.periodic(name="inbox.keep_watching", cron="* * * * *")
async def keep_watching(timestamp: int) -> None:
    """One worker watches, at any time, where there is something to watch."""
    async with db.unit_of_work() as session:
        watched = await db.fetch_only(
            session, bool, "select exists (select from email_accounts where auto_sync and provider_id is not null)"
        )
        if not watched:
            return
        await defer(session, watch, lock="inbox.watch", queueing_lock="inbox.watch")


@jobs.periodic(name="inbox.minute", cron="* * * * *")
async def minute(timestamp: int) -> None:
    """Scheduled mails leave, snoozed ones and those to be followed up come back, and what a dead process left on its way is settled."""
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        await unsnooze.wake(session, now)
        await follow_up.remind(session, now)
        await deliver.settle_lost(session, now)
        for number in await deliver.claim_scheduled(session, now):
            await defer(session, send, email_id=number)
        for number in await bulk_mail.start_due(session, now):
            await defer(session, send_bulk, campaign_id=number, queueing_lock=f"inbox bulk {number}")
        for client in await webhook.waiting(session, now):
            await defer_reports(session, client)


@jobs.task(name="inbox.report_mails", retries=0)  # `minute` looks for reports that are due
async def report_mails(client_id: int) -> None:
    """Report new mails of a client to its address."""
    await webhook.deliver(client_id)


@jobs.periodic(name="inbox.forget_reports", cron="47 2 * * *")
async def forget_reports(timestamp: int) -> None:
    """Reports of mails that ended a month ago are gone."""
    async with db.unit_of_work() as session:
        await webhook.forget(session, resources.current().clock.now())


@jobs.task(name="inbox.send", retries=0)
async def send(email_id: int) -> None:
    """Send a mail whose time has come."""
    delivered = await deliver.deliver(email_id)
    if delivered.status == "failed":
        async with db.unit_of_work() as session:
            author = await db.fetch_one(session, int, "select sent_by from emails where id = %(id)s", {"id": email_id})
            if author is not None:
                reasons = " ".join(f"{each.email}: {each.reason}" for each in delivered.not_sent)
                await notifications.notify(
                    session, author, type="update", title="A scheduled mail was not sent",
                    message=f"{reasons[:400]} It is in your drafts.", data={"emailId": ids.code("mail", email_id)}, priority="high",
                )  # fmt: skip


@jobs.task(name="inbox.keep_sent")
async def keep_sent(email_id: int) -> None:
    """Put a sent mail into the mailbox's own folder of sent mail."""
    await sent_folder.keep_copy(email_id)


@jobs.task(name="inbox.send_bulk", retries=0)  # `minute` looks for bulk mails that have no job
async def send_bulk(campaign_id: int) -> None:
    """Send a bulk mail until no recipient is due; goes on later when the send gate or the server makes it wait."""
    while True:
        try:
            more = await bulk_mail.send_some(campaign_id)
        except Conflict as error:
            await bulk_mail.stall(campaign_id, f"It waits: {error.message}")
            return
        if isinstance(more, datetime):
            async with db.unit_of_work() as session:
                lock = f"inbox bulk {campaign_id}"
                await defer(session, send_bulk, campaign_id=campaign_id, queueing_lock=lock, schedule_at=more)
            return
        if not more:
            return


@jobs.task(name="inbox.mails_received")
async def mails_received(client_id: int, email_ids: list[int]) -> None:
    """Open windows show new mails; their writers get a note that they arrived, where the office wants it; whoever a mail belongs to is
    notified, of an escalated one also the team's manager; the office's own address gets a report of each."""
    async with db.unit_of_work() as session:
        mails = await live_updates.new_mails(session, email_ids)
        await _notify_of_escalated(session, mails)
        for number in await acknowledge.write(session, client_id, email_ids):
            await defer(session, send, email_id=number)
        if await ask_model.is_wanted(session, client_id):
            await defer(session, ask_language_model, client_id=client_id, email_ids=email_ids)
        if await webhook.plan(session, client_id, email_ids):
            await defer_reports(session, client_id)
    await live_updates.push_new(client_id, mails)


@jobs.task(name="inbox.ask_language_model", retries=0)  # without an answer, what the built-in classifier found is kept
async def ask_language_model(client_id: int, email_ids: list[int]) -> None:
    """Ask the office's language model about new mails; whoever an escalated one belongs to is notified."""
    escalated = await ask_model.ask(client_id, email_ids)
    if escalated:
        async with db.unit_of_work() as session:
            await _notify_of_escalated(session, await live_updates.new_mails(session, escalated))


async def _notify_of_escalated(session: AsyncSession, mails: Sequence[live_updates.NewMail]) -> None:
    for mail in [each for each in mails if each.status == "escalated"][:50]:
        people = {each for each in (mail.assigned_to, await manager_of(session, mail.node_id)) if each is not None}
        if people:
            await notifications.notify(
                session, sorted(people), type="assignment", title=f"Escalated: {mail.subject[:150]}",
                message=mail.escalation_reason or "", data={"emailId": ids.code("mail", mail.id)}, priority="urgent",
            )  # fmt: skip


@jobs.task(name="inbox.client_added")
async def client_added(client_id: int) -> None:
    """A new client starts with the usual folders and keyword rules."""
    async with db.unit_of_work() as session:
        await seed(session, client_id)
