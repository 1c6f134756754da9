"""The jobs of cases: live updates, reminders, and the end of grace."""

from typing import Final

from py360.kit import db, resources
from py360.kit.webhooks import Inbox
from py360.modules.cases import bulk, live_updates, webhooks
from py360.modules.cases.assignment import auto, first_contact
from py360.modules.cases.renewals.scheduler import open_due_cases
from py360.modules.cases.service import notify
from py360.modules.cases.service.documents import note_document
from py360.modules.cases.service.lapse import lapse_overdue

push = live_updates.push
jobs = live_updates.jobs
inbox: Final = Inbox(jobs, [webhooks.VOICE.name], webhooks.apply)


@jobs.task(name="cases.note_file_added")
async def note_file_added(file_id: int, entity_type: str, entity_id: int, name: str, user_id: int | None) -> None:
    """A document of a case is in its history."""
    if entity_type == "case":
        async with db.unit_of_work() as session:
            await note_document(session, entity_id, "Document Added", file_id, name, user_id)


@jobs.task(name="cases.note_file_removed")
async def note_file_removed(file_id: int, entity_type: str, entity_id: int, name: str, user_id: int | None) -> None:
    """The end of one, too."""
    if entity_type == "case":
        async with db.unit_of_work() as session:
            await note_document(session, entity_id, "Document Deleted", file_id, name, user_id)


@jobs.periodic(name="cases.open_due", cron="10 * * * *")
async def open_due(timestamp: int) -> None:
    """Open the cases of what falls due within the lead days: every hour, for policies come in all day."""
    await open_due_cases()


@jobs.periodic(name="cases.lapse", cron="40 18,0,6,12 * * *")
async def lapse(timestamp: int) -> None:
    """Close what is past its grace: soon after midnight in India, and again every six hours for what came in late."""
    await lapse_overdue()


@jobs.periodic(name="cases.remind", cron="30 3 * * *")
async def remind(timestamp: int) -> None:
    """Nine in the morning in India: notify agents of what falls due soon."""
    async with db.unit_of_work() as session:
        await notify.remind(session, resources.current().clock.today())


@jobs.periodic(name="cases.remind_follow_ups", cron="15 * * * *")
async def remind_follow_ups(timestamp: int) -> None:
    """Notify agents of follow-ups that are due, once for each date: every hour, for dates are set all day."""
    async with db.unit_of_work() as session:
        await notify.remind_follow_ups(session, resources.current().clock.today())


@jobs.periodic(name="cases.auto_assign", cron="*/10 * * * *")
async def auto_assign(timestamp: int) -> None:
    """Find an agent for the cases without one, and for those of agents who are away."""
    await auto.auto_assign()


@jobs.periodic(name="cases.note_breaches", cron="*/5 * * * *")
async def note_breaches(timestamp: int) -> None:
    """Escalate the cases whose customer was not contacted in time."""
    await first_contact.note_breaches()


@jobs.task(name="cases.follow_policies")
async def follow_policies(policy_ids: list[int]) -> None:
    """Customers were merged or parted: the cases of their policies follow."""
    async with db.unit_of_work() as session:
        await bulk.follow_policies(session, policy_ids)
