"""What people note of communications: stars, ratings, outcomes; and calls, chats and visits of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.queries.communications import kind_of
from py360.modules.cases.schemas import ContactIn, NoteIn
from py360.modules.cases.service import history
from py360.modules.cases.service.contact import note_contacts
from py360.modules.cases.service.lock import lock

OWN: Final = "contact"
MAIL: Final = "mail"

_OWN: Final = """
select d.id, d.case_id from case_communications d join renewal_cases c on c.id = d.case_id
where d.id = %(id)s and d.message_id is null and d.mail_id is null and {within} for update of d
"""
_MESSAGE: Final = """
select m.id, c.id as case_id from messaging_public_message m join renewal_cases c on c.id = m.case_id
where m.id = %(id)s and m.communication_type = %(channel)s and {within}
"""
_MAIL: Final = """
select m.id, c.id as case_id from inbox_public_mail m join renewal_cases c on c.id = m.case_id where m.id = %(id)s and {within}
"""
# What is noted of a message or a mail has a row of its own from the first note on, which begins as the mail is.
_OF_MESSAGE: Final = """
insert into case_communications (client_id, case_id, message_id, kind, direction, occurred_at)
select m.client_id, m.case_id, m.id, case when m.communication_type = 'call' then 'phone' else m.communication_type end,
  'outbound', coalesce(m.sent_at, m.created_at)
from messaging_public_message m where m.id = %(id)s
on conflict (message_id) do update set kind = excluded.kind returning id
"""
_OF_MAIL: Final = """
insert into case_communications (client_id, case_id, mail_id, kind, direction, priority, starred, tags, occurred_at)
select m.client_id, m.case_id, m.id, 'email', 'inbound', case when m.priority in ('urgent', 'critical') then 'high' else m.priority end,
  m.starred, m.tags, m.received_at
from inbox_public_mail m where m.id = %(id)s
on conflict (mail_id) do update set case_id = excluded.case_id returning id
"""
_SET: Final = "update case_communications set {sets} where id = %(id)s returning starred"
_INSERT: Final = """
insert into case_communications (client_id, case_id, kind, direction, subject, content, contact, agent_id, status, priority,
  satisfaction, tags, duration_seconds, call_type, outcome, claim_number, follow_up_required, escalation_reason, occurred_at,
  created_at)
values (%(client)s, %(case)s, %(kind)s, %(direction)s, %(subject)s, %(content)s, %(contact)s, %(agent)s, %(status)s,
  %(priority)s, %(satisfaction)s, %(tags)s, %(duration_seconds)s, %(call_type)s, %(outcome)s, %(claim_number)s,
  %(follow_up_required)s, %(escalation_reason)s, %(at)s, %(now)s) returning id
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A communication within reach: its own key, or that of the message; and its case."""

    id: int
    case_id: int


async def _row_of(session: AsyncSession, caller: Caller, code: str) -> Found:
    """The row that notes of a communication are written to. Raises NotFound."""
    within, params = reach_filter(caller)
    kinds = (OWN, *ids.MESSAGE_KINDS, MAIL)  # `email-msg-` before `EMAIL-`
    kind = next((kind for kind in kinds if code.lower().startswith(ids.PREFIXES[kind].lower())), None)
    number = ids.number(kind, code) if kind else None
    sql = {OWN: _OWN, MAIL: _MAIL}.get(kind or "", _MESSAGE).format(within=within)
    found = await db.fetch_one(session, Found, sql, {**params, "id": number, "channel": kind}) if number else None
    if found is None:
        raise NotFound(f"There is no communication “{code[:60]}” within your reach.", code="communication_not_found")
    if kind == OWN:
        return found
    noted = _OF_MAIL if kind == MAIL else _OF_MESSAGE
    return Found(await db.fetch_only(session, int, noted, {"id": found.id}), found.case_id)


async def star(session: AsyncSession, caller: Caller, code: str, starred: bool | None) -> bool:
    """Star a communication or not; the other way than now when nothing is said. Raises NotFound."""
    found = await _row_of(session, caller, code)
    sets = "starred = coalesce(%(starred)s::boolean, not starred)"
    return await db.fetch_only(session, bool, _SET.format(sets=sets), {"id": found.id, "starred": starred})


async def note(session: AsyncSession, caller: Caller, code: str, body: NoteIn) -> None:
    """Set what is known of a communication: how it ended, its rating, its tags. Raises NotFound and Invalid."""
    found = await _row_of(session, caller, code)
    values: Mapping[str, object] = body.given()
    if not values:
        raise Invalid("Nothing was given to note.", code="nothing_given")
    sets = ", ".join(f"{name} = %({name})s" for name in values)
    await db.execute(session, _SET.format(sets=sets), {**values, "id": found.id})
    if values.get("status") == "escalated":
        now = resources.current().clock.now()
        details = f"{code}: {body.escalation_reason or 'no reason given'}"
        await history.write(
            session, found.case_id, "Communication Escalated", details, now, level="warning", user_id=caller.user_id
        )
    await push_live_update(session, [found.case_id])


async def log_contact(session: AsyncSession, caller: Caller, case_id: int, body: ContactIn) -> str:
    """Log a call, chat, message or visit that took place elsewhere; its code. Raises NotFound, Invalid and Conflict (future)."""
    case = await lock(session, caller, case_id)
    now = resources.current().clock.now()
    at = body.occurred_at or now
    if at > now:
        raise Conflict("This communication lies in the future. Log it when it has taken place.", code="not_yet")
    kind = kind_of(body.type)
    values = body.model_dump(exclude={"type", "occurred_at"})
    values |= {"client": case.client_id, "case": case_id, "kind": kind, "agent": caller.user_id, "at": at, "now": now}
    number = await db.fetch_only(session, int, _INSERT, values)
    action = "Call Logged" if kind == "phone" else "Communication Logged"
    details = f"{body.direction.capitalize()} {kind}" + (f": {body.subject}" if body.subject else "")
    await note_contacts(
        session, [case_id], "call" if kind == "phone" else kind, action, details=details, user_id=caller.user_id
    )
    await push_live_update(session, [case_id])
    return ids.code(OWN, number)
