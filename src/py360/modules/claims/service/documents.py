"""The documents of a claim: its checklist by type, what came in, and what the handler found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.claims import checklist
from py360.modules.claims.schemas import DocumentChange, DocumentIn
from py360.modules.claims.service import history
from py360.modules.claims.service.lock import Claim, lock_any, touch
from py360.modules.files import api as files

MOST: Final = 100
_ASK: Final = """
insert into claim_documents (client_id, claim_id, kind, name, is_required, changed_at)
select %(client)s, %(claim)s, kind, name, true, %(now)s from unnest(%(kinds)s::text[], %(names)s::text[]) as d (kind, name)
where not exists (select from claim_documents k where k.claim_id = %(claim)s and k.kind = d.kind)
"""
_RECEIVE: Final = """
update claim_documents set status = 'received', file_id = coalesce(%(file)s, file_id), note = coalesce(%(note)s, note),
  received_at = %(now)s, changed_by = %(user)s, changed_at = %(now)s
where id = (select id from claim_documents where claim_id = %(claim)s and kind = %(kind)s and status in ('missing', 'rejected')
  order by id limit 1)
returning id
"""
_ADD: Final = """
insert into claim_documents (client_id, claim_id, kind, name, status, file_id, note, received_at, changed_by, changed_at)
values (%(client)s, %(claim)s, %(kind)s, %(name)s, %(status)s::text, %(file)s, %(note)s,
  case when %(status)s::text = 'received' then %(now)s::timestamptz end, %(user)s, %(now)s) returning id
"""
_SET: Final = """
update claim_documents set status = %(status)s::text, note = coalesce(%(note)s, note), changed_by = %(user)s, changed_at = %(now)s,
  received_at = case when %(status)s::text = 'received' then coalesce(received_at, %(now)s) else received_at end
where id = %(id)s and claim_id = %(claim)s returning name
"""
_COUNT: Final = "select count(*) from claim_documents where claim_id = %(claim)s"
_KIND: Final = "select coalesce(document_type, 'other') from files_public_file where id = %(file)s"
_NOTED: Final = "select 1 from claim_documents where claim_id = %(claim)s and file_id = %(file)s"
_OUTSTANDING: Final = """
select name from claim_documents where claim_id = %(claim)s and is_required and status not in ('verified', 'waived', 'received')
order by id
"""


_AWAITED: Final = """
select d.kind, d.name, c.claim_number from claim_documents d join claims c on c.id = d.claim_id
where c.policy_id = %(policy)s and c.status in ('submitted', 'under_review') and d.status in ('missing', 'rejected')
order by c.id desc, d.id limit 50
"""
_CLAIM: Final = """
select id, client_id, claim_number as code from claims where policy_id = %(policy)s and claim_number = %(number)s
  and status in ('submitted', 'under_review')
"""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A document that the customer may send: of which claim it is, its kind and its name."""

    kind: str
    name: str
    claim_number: str


@dataclass(frozen=True, slots=True)
class Received:
    """A document that came in: what it is, and the stored file, if there is one."""

    kind: str
    name: str | None
    note: str | None
    file_id: int | None = None


async def ask_for_required(session: AsyncSession, claim: Claim, now: datetime) -> None:
    """Put the checklist of the claim's type on the claim; what is there already stays."""
    listed = checklist.required(claim.claim_type, claim.category, claim.is_cashless)
    values = {"client": claim.client_id, "claim": claim.id, "now": now}
    names = {"kinds": [each.kind for each in listed], "names": [each.name for each in listed]}
    await db.execute(session, _ASK, {**values, **names})


async def receive(session: AsyncSession, claim: Claim, document: Received, user_id: int | None) -> int:
    """A document came in: it fills its place in the checklist, or is beside it; its number.

    Raises Conflict when the claim has a hundred documents already.
    """
    now = resources.current().clock.now()
    values: dict[str, object] = {
        "client": claim.client_id,
        "claim": claim.id,
        "kind": document.kind,
        "name": document.name or document.kind.replace("_", " ").capitalize(),
        "status": "received",
        "file": document.file_id,
        "note": document.note,
        "user": user_id,
        "now": now,
    }
    number = await db.fetch_one(session, int, _RECEIVE, values)
    if number is None:
        await _check_room(session, claim)
        number = await db.fetch_only(session, int, _ADD, values)
    by = "" if user_id is not None else " from the customer"
    await history.write(session, claim.id, "Document Received", f"{values['name']}{by}", now, user_id=user_id)
    await touch(session, claim)
    return number


async def note_file(session: AsyncSession, claim_id: int, file_id: int, name: str, user_id: int | None) -> None:
    """A file was stored with the claim; noted once, however often it is said. Nothing for a file or a claim that is gone."""
    claim = await db.fetch_one(session, int, "select id from claims where id = %(id)s", {"id": claim_id})
    kind = await db.fetch_one(session, str, _KIND, {"file": file_id})
    if claim is None or kind is None:
        return
    locked = await lock_any(session, claim_id)
    if not await db.fetch_one(session, int, _NOTED, {"claim": claim_id, "file": file_id}):
        await receive(session, locked, Received(kind, name, None, file_id), user_id)


async def add(session: AsyncSession, caller: Caller, claim: Claim, body: DocumentIn) -> int:
    """Note a document that came in on paper, or ask for one that the checklist lacks; its number. Raises Conflict."""
    if body.status == "received":
        return await receive(session, claim, Received(body.kind, body.name, body.note), caller.user_id)
    await _check_room(session, claim)
    now = resources.current().clock.now()
    values: dict[str, object] = {
        "client": claim.client_id,
        "claim": claim.id,
        "kind": body.kind,
        "name": body.name or body.kind.replace("_", " ").capitalize(),
        "status": "missing",
        "file": None,
        "note": body.note,
        "user": caller.user_id,
        "now": now,
    }
    number = await db.fetch_only(session, int, _ADD, values)
    await history.write(session, claim.id, "Document Asked For", str(values["name"]), now, user_id=caller.user_id)
    await touch(session, claim)
    return number


async def change(session: AsyncSession, caller: Caller, claim: Claim, number: int, body: DocumentChange) -> None:
    """What the handler found about a document. Raises NotFound when the claim has no such document."""
    now = resources.current().clock.now()
    values = {
        "id": number,
        "claim": claim.id,
        "status": body.status,
        "note": body.note,
        "user": caller.user_id,
        "now": now,
    }
    name = await db.fetch_one(session, str, _SET, values)
    if name is None:
        raise NotFound(f"{claim.claim_number} has no document {number}.", code="document_not_found")
    level: history.Level = "warning" if body.status == "rejected" else "info"
    details = f"{name}: {body.note}" if body.note else name
    await history.write(
        session, claim.id, f"Document {body.status.capitalize()}", details, now, level=level, user_id=caller.user_id
    )
    await touch(session, claim)


async def outstanding(session: AsyncSession, claim: Claim) -> list[str]:
    """The required documents that are still missing or were rejected, by name."""
    return await db.fetch_all(session, str, _OUTSTANDING, {"claim": claim.id})


async def awaited(session: AsyncSession, policy_id: int) -> list[Awaited]:
    """The documents that the open claims of a policy wait for, the newest claim first, at most fifty."""
    return await db.fetch_all(session, Awaited, _AWAITED, {"policy": policy_id})


async def receive_from_customer(
    session: AsyncSession, policy_id: int, claim_number: str, kind: str, document: files.Document
) -> None:
    """Keep a document that a customer sent through their link. Its place in the checklist is filled when the file is noted.

    Raises Invalid for a claim that takes no documents or a kind that it does not wait for, and Conflict when it has too many.
    """
    claim = await db.fetch_one(session, files.Entity, _CLAIM, {"policy": policy_id, "number": claim_number})
    known = {each.kind for each in await awaited(session, policy_id) if each.claim_number == claim_number}
    if claim is None or kind not in known:
        raise Invalid("This claim does not wait for this document.", code="document_not_awaited")
    await files.store(session, "claim", claim, document, document_type=kind)


async def _check_room(session: AsyncSession, claim: Claim) -> None:
    if await db.fetch_only(session, int, _COUNT, {"claim": claim.id}) >= MOST:
        raise Conflict(f"A claim has at most {MOST} documents.", code="too_many_documents")
