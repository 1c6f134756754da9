"""Work on a mail: status, category, priority, folder; assign, escalate, snooze, note, link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.inbox.classify.adapted import MAX_CONTENT
from py360.modules.inbox.classify.result import INTENTS
from py360.modules.inbox.ingest.service_level import deadline_for
from py360.modules.inbox.mailboxes import SYSTEM_FOLDERS
from py360.modules.inbox.schemas import EscalateIn, MailChange
from py360.modules.inbox.service import follow_up
from py360.modules.inbox.service.lock import LockedMail, lock, note
from py360.modules.notifications import api as notifications

# Where a mail may be moved, beside folders of the office's own.
_PLACES: Final = ("inbox", "junk", "spam", "archive", "trash")
# From where a status may be reached (domain reference, 16.2); closed ends the work on a resolved mail.
_FROM: Final[Mapping[str, frozenset[str]]] = {
    "new": frozenset(),
    "in_progress": frozenset({"new", "resolved", "escalated", "archived", "closed"}),
    "resolved": frozenset({"new", "in_progress", "escalated"}),
    "escalated": frozenset({"new", "in_progress"}),
    "archived": frozenset({"new", "in_progress", "resolved", "escalated", "closed"}),
    "closed": frozenset({"new", "in_progress", "resolved", "escalated"}),
}
Value = str | int | bool | float | date | datetime | list[str] | None


@dataclass(slots=True)
class _Changes:
    """The columns that a change sets, and the lines that it adds to the mail's history."""

    values: dict[str, Value] = field(default_factory=dict)
    history: list[tuple[str, dict[str, object]]] = field(default_factory=list)


async def change(session: AsyncSession, caller: Caller, named: str | int, body: MailChange, version: int | None) -> int:
    """Change the given fields; the new version. Raises NotFound, Invalid, Conflict (`bad_transition`), PreconditionFailed."""
    mail = await lock(session, caller, named, version)
    given = body.model_fields_set
    changes = _Changes()
    if body.status is not None and body.status != mail.status:
        await _change_status(session, caller, mail, body.status, changes)
    await _change_labels(session, caller, mail, body, changes)
    if body.folder is not None and body.folder != mail.folder:
        await check_folder(session, mail.client_id, body.folder)
        changes.values |= {"folder": body.folder, "removed_at": None}
        changes.history.append(("moved", {"from": mail.folder, "to": body.folder}))
    if "case_id" in given:
        changes.values |= await _case_values(session, caller, body.case_id)
        changes.history.append(("linked", {"case": str(body.case_id) if body.case_id is not None else None}))
    for name, column, flag in (
        ("is_read", "read_status", body.is_read),
        ("starred", "starred", body.starred),
        ("flagged", "flagged", body.flagged),
    ):
        if flag is not None:
            changes.values[column] = flag
            changes.history.append((f"{name}_changed", {"to": flag}))
    if "scheduled_follow_up" in given:
        changes.values |= await follow_up.values_of(session, caller, mail, body.scheduled_follow_up)
    if "due_date" in given:
        changes.values["due_date"] = body.due_date
    if "tags" in given:
        changes.values["tags"] = list(dict.fromkeys(body.tags or []))
    if changes.values:
        await update(session, [mail.id], changes.values)
    for event, details in changes.history:
        await note(session, caller, [mail.id], event, details)
    return await db.fetch_only(session, int, "select version from emails where id = %(id)s", {"id": mail.id})


async def _change_status(
    session: AsyncSession, caller: Caller, mail: LockedMail, status: str, changes: _Changes
) -> None:
    if status == "escalated":
        pressing = mail.priority if mail.priority in ("urgent", "critical") else "high"
        await escalate(session, caller, mail.id, EscalateIn(reason="No reason was given.", priority=pressing))
    else:
        changes.values |= status_values(mail, status, resources.current().clock.now())
        changes.history.append(("status_changed", {"from": mail.status, "to": status}))


async def _change_labels(
    session: AsyncSession, caller: Caller, mail: LockedMail, body: MailChange, changes: _Changes
) -> None:
    """What the classifier set: category, intent, sentiment, priority."""
    if body.category is not None and body.category != mail.category:
        await set_category(session, caller, mail, body.category)
    if body.intent is not None:
        if body.intent not in INTENTS:
            raise Invalid(
                "There is no such intent.",
                code="unknown_intent",
                details=[{"field": "intent", "message": "one of " + ", ".join(INTENTS)}],
            )
        changes.values |= {"intent": body.intent, "intent_confidence": 1.0, "classified_by": "person"}
        await correct(session, caller, mail, "intent", body.intent)
        changes.history.append(("intent_corrected", {"to": body.intent}))
    if body.sentiment is not None:
        changes.values |= {"sentiment_label": body.sentiment, "classified_by": "person"}
        await correct(session, caller, mail, "sentiment", body.sentiment)
        changes.history.append(("sentiment_corrected", {"to": body.sentiment}))
    if body.priority is not None:
        priority = "medium" if body.priority == "normal" else body.priority
        changes.values["priority"] = priority
        changes.history.append(("priority_changed", {"from": mail.priority, "to": priority}))


async def update(session: AsyncSession, numbers: Sequence[int], values: Mapping[str, Value]) -> list[int]:
    """Set columns (names of ours) of mails; their versions."""
    columns = ", ".join(f"{name} = %({name})s" for name in values)
    return await db.fetch_all(
        session,
        int,
        f"update emails set {columns}, version = version + 1 where id = any(%(numbers)s) returning version",
        {**values, "numbers": list(numbers)},
    )


def status_values(mail: LockedMail, status: str, now: datetime) -> dict[str, Value]:
    """What a new status sets. Raises Conflict (`bad_transition`)."""
    if mail.status not in _FROM[status]:
        raise Conflict(
            f"{mail.code} is {mail.status.replace('_', ' ')} and cannot become {status.replace('_', ' ')}.",
            code="bad_transition",
        )
    values: dict[str, Value] = {"status": status}
    if status in ("resolved", "closed"):
        values["resolved_at"] = now
    elif status == "in_progress":
        values["resolved_at"] = None
    elif status == "archived":
        values["folder"] = "archive"
    if status != "archived" and mail.folder == "archive":
        values["folder"] = "inbox"
    return values


async def set_category(session: AsyncSession, caller: Caller, mail: LockedMail, category: str) -> None:
    """Say what a mail is about; its deadline follows, and the classifier learns it."""
    await update(session, [mail.id], await _category_values(session, mail, category))
    await correct(session, caller, mail, "category", category)
    await note(session, caller, [mail.id], "category_changed", {"from": mail.category, "to": category})


async def add_tags(session: AsyncSession, numbers: Sequence[int], tags: Sequence[str]) -> None:
    """Add tags to mails, at most 20 each."""
    await db.execute(
        session,
        "update emails e set version = version + 1,"
        " tags = (select (array_agg(distinct t))[:20] from unnest(e.tags || %(tags)s::text[]) t) where id = any(%(ids)s)",
        {"ids": list(numbers), "tags": list(tags)},
    )


async def _category_values(session: AsyncSession, mail: LockedMail, category: str) -> dict[str, Value]:
    received = await db.fetch_only(
        session, datetime, "select received_at from emails where id = %(id)s", {"id": mail.id}
    )
    owed = mail.direction == "inbound" and mail.folder not in ("junk", "spam", "trash")
    return {
        "category": category,
        "classified_by": "person",
        "sla_deadline": await deadline_for(session, mail.client_id, received, category) if owed else None,
    }


async def correct(session: AsyncSession, caller: Caller, mail: LockedMail, head: str, label: str) -> None:
    """Keep what a person says a customer's mail is: the classifier of the client learns it."""
    if mail.direction == "inbound":
        await db.execute(
            session,
            "insert into email_corrections (client_id, email_id, head, label, content, corrected_by)"
            " select client_id, id, %(head)s, %(label)s, left(subject || E'\\n' || coalesce(body_text, ''), %(most)s), %(user)s"
            " from emails where id = %(id)s",
            {"id": mail.id, "head": head, "label": label, "most": MAX_CONTENT, "user": caller.user_id},
        )


async def check_folder(session: AsyncSession, client_id: int, folder: str) -> None:
    """Raise Invalid unless mails of a client may be moved there."""
    if folder in _PLACES:
        return
    known = await db.fetch_all(
        session, str, "select code from email_folders where client_id = %(client)s order by code", {"client": client_id}
    )
    if folder not in known:
        kind = "is shown by itself and takes no mails" if folder in SYSTEM_FOLDERS else "is not a folder"
        raise Invalid(
            f"“{folder}” {kind}.",
            code="unknown_folder",
            details=[{"field": "folder", "message": "one of " + ", ".join((*_PLACES, *known))}],
        )


async def _case_values(session: AsyncSession, caller: Caller, named: str | int | None) -> dict[str, Value]:
    if named is None:
        return {"case_id": None, "policy_number": None, "linked_by": None, "due_date": None}
    case = await case_within_reach(session, caller, named)
    return {
        "case_id": case.id,
        "customer_id": case.customer_id,
        "policy_number": case.policy_number,
        "due_date": case.due_date,
        "linked_by": "person",
        "node_id": case.node_id,
    }


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case that a mail is linked to."""

    id: int
    client_id: int
    customer_id: int
    policy_number: str
    due_date: date
    node_id: int | None


async def case_within_reach(session: AsyncSession, caller: Caller, named: str | int) -> LinkedCase:
    """A case by its code. Raises NotFound."""
    within, params = reach_filter(caller, "c")
    text = str(named).strip()
    found = await db.fetch_one(
        session,
        LinkedCase,
        "select c.id, c.client_id, c.customer_id, c.policy_number, c.due_date, c.node_id from cases_public_case c"
        f" where {within} and (c.case_number = %(text)s or c.id = %(number)s)",
        {**params, "text": text, "number": ids.bare_number(text)},
    )
    if found is None:
        raise NotFound(f"There is no case “{text[:60]}” within your reach.", code="case_not_found")
    return found


async def check_user(session: AsyncSession, client_id: int, user_id: int, field: str) -> str:
    """The name of an active user of a client. Raises Invalid for anybody else."""
    name = await db.fetch_one(
        session,
        str,
        "select name from identity_public_users where id = %(id)s and client_id = %(client)s and status = 'active'",
        {"id": user_id, "client": client_id},
    )
    if name is None:
        raise Invalid(
            f"There is no active user {user_id}.",
            code="user_not_found",
            details=[{"field": field, "message": "must be an active user of this client"}],
        )
    return name


async def assign(session: AsyncSession, caller: Caller, mails: Sequence[LockedMail], user_id: int | None) -> str | None:
    """Give mails of one client to a user, or to no one; the user's name. New ones are in progress then. Raises Invalid."""
    name = await check_user(session, mails[0].client_id, user_id, "assignedTo") if user_id is not None else None
    numbers = [mail.id for mail in mails]
    await db.execute(
        session,
        "update emails set assigned_to = %(user)s, version = version + 1,"
        " status = case when status = 'new' and %(user)s::bigint is not null then 'in_progress' else status end"
        " where id = any(%(ids)s)",
        {"ids": numbers, "user": user_id},
    )
    await note(session, caller, numbers, "assigned", {"to": name})
    if user_id is not None and user_id != caller.user_id:
        title = f"{len(mails)} mails were assigned to you" if len(mails) > 1 else "A mail was assigned to you"
        await notifications.notify(
            session, user_id, type="assignment", title=title, message=mails[0].subject[:200] or "(no subject)",
            data={"emailId": mails[0].code},
        )  # fmt: skip
    return name


async def escalate(session: AsyncSession, caller: Caller, named: str | int, body: EscalateIn) -> int | None:
    """Escalate a mail, with a system's note; to whom. Raises NotFound, Conflict (`bad_transition`), Invalid."""
    mail = await lock(session, caller, named)
    now = resources.current().clock.now()
    values = status_values(mail, "escalated", now)
    to = body.escalated_to
    if to is not None:
        await check_user(session, mail.client_id, to, "escalatedTo")
    else:
        to = await manager_of(session, mail.node_id)
    values |= {"priority": body.priority, "escalated_to": to, "escalation_reason": body.reason, "escalated_at": now}
    await update(session, [mail.id], values)
    await add_system_note(session, mail.id, f"Escalated by {caller.name} ({body.priority}): {body.reason}")
    await note(session, caller, [mail.id], "escalated", {"reason": body.reason, "priority": body.priority, "to": to})
    if to is not None and to != caller.user_id:
        await notifications.notify(
            session, to, type="assignment", title=f"Escalated: {mail.subject[:150] or mail.code}", message=body.reason[:500],
            data={"emailId": mail.code}, priority="urgent" if body.priority != "high" else "high",
        )  # fmt: skip
    return to


async def manager_of(session: AsyncSession, node_id: int | None) -> int | None:
    """The manager of a team, or of the nearest node above it that has one."""
    if node_id is None:
        return None
    return await db.fetch_one(
        session,
        int,
        "select above.manager_id from organization_public_node own join organization_public_node above"
        " on own.path <@ above.path and above.manager_id is not null where own.id = %(id)s"
        " order by nlevel(above.path) desc limit 1",
        {"id": node_id},
    )


async def add_system_note(session: AsyncSession, email_id: int, content: str) -> None:
    """A note of the system."""
    await db.execute(
        session,
        "insert into email_notes (email_id, content, is_system) values (%(id)s, %(content)s, true)",
        {"id": email_id, "content": content},
    )


async def add_note(session: AsyncSession, caller: Caller, named: str | int, content: str) -> int:
    """A note for colleagues; its number. Raises NotFound."""
    mail = await lock(session, caller, named)
    number = await db.fetch_only(
        session,
        int,
        "insert into email_notes (email_id, author_id, content) values (%(id)s, %(user)s, %(content)s) returning id",
        {"id": mail.id, "user": caller.user_id, "content": content},
    )
    await note(session, caller, [mail.id], "note_added")
    return number


async def snooze(session: AsyncSession, caller: Caller, named: str | int, until: datetime | None) -> None:
    """Take a mail out of the inbox until a moment, or bring it back. Raises NotFound, Invalid for a moment that is over."""
    mail = await lock(session, caller, named)
    if until is None:
        await update(session, [mail.id], {"snoozed_until": None})
        await note(session, caller, [mail.id], "snooze_ended")
        return
    if until <= resources.current().clock.now():
        raise Invalid(
            "Choose a time in the future.",
            code="time_is_over",
            details=[{"field": "until", "message": "is in the past"}],
        )
    await update(session, [mail.id], {"snoozed_until": until})
    await note(session, caller, [mail.id], "snoozed", {"until": until.isoformat()})


async def archive(session: AsyncSession, caller: Caller, named: str | int) -> None:
    """Archive a mail. Raises NotFound, Conflict (`bad_transition`) when it is archived already."""
    mail = await lock(session, caller, named)
    await update(session, [mail.id], status_values(mail, "archived", resources.current().clock.now()))
    await note(session, caller, [mail.id], "archived")


async def mark_junk(session: AsyncSession, caller: Caller, mails: Sequence[LockedMail], folder: str) -> None:
    """Put mails of one client into junk or spam; for junk a rule does so with what their senders write from now on."""
    numbers = [mail.id for mail in mails]
    await update(session, numbers, {"folder": folder, "sla_deadline": None, "snoozed_until": None})
    await note(session, caller, numbers, f"marked_{folder}")
    if folder == "junk":
        await db.execute(
            session,
            "insert into email_rules (client_id, name, conditions, actions, created_by)"
            " select %(client)s, left('Junk: ' || s.sender, 100), jsonb_build_array(jsonb_build_object('field', 'from', 'operator',"
            ' \'equals\', \'value\', s.sender)), \'[{"type": "move_to_folder", "folder": "junk"}]\', %(user)s'
            " from unnest(%(senders)s::text[]) s (sender) where not exists (select from email_rules r"
            " where r.client_id = %(client)s and r.name = left('Junk: ' || s.sender, 100))",
            {
                "client": mails[0].client_id,
                "user": caller.user_id,
                "senders": sorted({mail.from_email for mail in mails if mail.direction == "inbound"}),
            },
        )


async def mark_read_on_open(session: AsyncSession, caller: Caller, email_id: int) -> None:
    """Note that a mail was opened, once."""
    changed = await db.execute(
        session, "update emails set read_status = true where id = %(id)s and not read_status", {"id": email_id}
    )
    if changed:
        await note(session, caller, [email_id], "read")
