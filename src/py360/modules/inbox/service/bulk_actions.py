"""One action on several mails (domain reference, 16.3 and 17); what cannot be done with one does not stop the others."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.inbox.schemas import BulkActionIn
from py360.modules.inbox.service import follow_up, work
from py360.modules.inbox.service.lock import LockedMail, lock_several, note
from py360.modules.inbox.views import BulkDone, BulkOutcomeView

_MARKS: dict[str, dict[str, work.Value]] = {
    "read": {"read_status": True},
    "unread": {"read_status": False},
    "star": {"starred": True},
    "unstar": {"starred": False},
    "flag": {"flagged": True, "priority": "high"},
    "delete": {"folder": "trash", "snoozed_until": None},
    "restore": {"folder": "inbox", "removed_at": None},
}


async def act(session: AsyncSession, caller: Caller, body: BulkActionIn) -> BulkDone:
    """Do it; what became of each mail. Raises Invalid where the action itself lacks something."""
    _check(body)
    numbers: dict[int, str] = {}
    outcomes: dict[str, BulkOutcomeView] = {}
    for named in body.ids:
        try:
            numbers[ids.number("mail", named)] = str(named)
        except NotFound as error:
            outcomes[str(named)] = {"id": str(named), "success": False, "message": error.message}
    found = await lock_several(session, caller, list(numbers))
    for number, named in numbers.items():
        if number not in {mail.id for mail in found}:
            outcomes[named] = {
                "id": named,
                "success": False,
                "message": f"There is no mail “{named[:60]}” within your reach.",
            }
    for client_id in sorted({mail.client_id for mail in found}):
        mails = [mail for mail in found if mail.client_id == client_id]
        outcomes |= await _act_on(session, caller, mails, body)
    results = list(outcomes.values())
    done = sum(each["success"] for each in results)
    return {
        "succeeded": done,
        "failed": len(results) - done,
        "results": results,
        "message": f"{done} of {len(results)} mails are done.",
    }


def _check(body: BulkActionIn) -> None:
    needs = {
        "move": ("folder", body.folder),
        "category": ("category", body.category),
        "tag": ("tags", body.tags),
        "follow_up": ("scheduledFollowUp", body.scheduled_follow_up),
    }
    field, value = needs.get(body.action, ("", "given"))
    if not value:
        raise Invalid(
            f"Say which {field}.", code="incomplete_action", details=[{"field": field, "message": "is missing"}]
        )


async def _act_on(
    session: AsyncSession, caller: Caller, mails: Sequence[LockedMail], body: BulkActionIn
) -> dict[str, BulkOutcomeView]:
    """One client's mails."""
    done: list[LockedMail] = []
    refused: dict[str, str] = {}
    if body.action in ("resolve", "archive", "category", "follow_up", "remove_follow_up"):
        for mail in mails:
            try:
                await _one(session, caller, mail, body)
                done.append(mail)
            except Conflict as error:
                refused[mail.code] = error.message
    else:
        await _together(session, caller, mails, body)
        done = list(mails)
    outcomes: dict[str, BulkOutcomeView] = {
        mail.code: {"id": mail.code, "success": True, "message": "Done."} for mail in done
    }
    return outcomes | {code: {"id": code, "success": False, "message": words} for code, words in refused.items()}


async def _one(session: AsyncSession, caller: Caller, mail: LockedMail, body: BulkActionIn) -> None:
    if body.action == "category" and body.category is not None:
        await work.set_category(session, caller, mail, body.category)
        return
    if body.action in ("follow_up", "remove_follow_up"):
        asked = body.scheduled_follow_up if body.action == "follow_up" else None
        if values := await follow_up.values_of(session, caller, mail, asked):
            await work.update(session, [mail.id], values)
        return
    status = "resolved" if body.action == "resolve" else "archived"
    await work.update(session, [mail.id], work.status_values(mail, status, resources.current().clock.now()))
    await note(session, caller, [mail.id], "status_changed", {"from": mail.status, "to": status})


async def _together(session: AsyncSession, caller: Caller, mails: Sequence[LockedMail], body: BulkActionIn) -> None:
    numbers = [mail.id for mail in mails]
    if body.action == "assign":
        await work.assign(session, caller, mails, body.assigned_to)
    elif body.action in ("junk", "spam"):
        await work.mark_junk(session, caller, mails, body.action)
    elif body.action == "tag":
        await work.add_tags(session, numbers, body.tags)
        await note(session, caller, numbers, "tagged", {"tags": body.tags})
    elif body.action == "move" and body.folder is not None:
        await work.check_folder(session, mails[0].client_id, body.folder)
        await work.update(session, numbers, {"folder": body.folder, "removed_at": None})
        await note(session, caller, numbers, "moved", {"to": body.folder})
    else:
        await work.update(session, numbers, _MARKS[body.action])
        await note(session, caller, numbers, f"bulk_{body.action}")
