"""A mail that is about to change: locked, within the caller's reach, in the version that was seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, jsonb
from py360.kit.caller import Caller
from py360.kit.errors import PreconditionFailed
from py360.modules.inbox.queries.filters import within
from py360.modules.inbox.queries.mails import not_found


@dataclass(frozen=True, slots=True)
class LockedMail:
    """What verbs need to know of a mail."""

    id: int
    client_id: int
    account_id: int | None
    thread_id: str | None
    direction: str
    from_email: str
    subject: str
    status: str
    folder: str
    category: str
    priority: str
    assigned_to: int | None
    node_id: int | None
    case_id: int | None
    customer_id: int | None
    starred: bool
    flagged: bool
    read_status: bool
    delivery_status: str | None
    follow_up_at: datetime | None
    follow_up_note: str | None
    version: int

    @property
    def code(self) -> str:
        """As people see it."""
        return ids.code("mail", self.id)


_COLUMNS = (
    "e.id, e.client_id, e.account_id, e.thread_id, e.direction, e.from_email, e.subject, e.status, e.folder, e.category,"
    " e.priority, e.assigned_to, e.node_id, e.case_id, e.customer_id, e.starred, e.flagged, e.read_status, e.delivery_status,"
    " e.follow_up_at, e.follow_up_note, e.version"
)


async def lock(session: AsyncSession, caller: Caller, named: str | int, version: int | None = None) -> LockedMail:
    """Lock a mail. Raises NotFound, and PreconditionFailed when `version` is no longer the mail's."""
    found = await lock_several(session, caller, [ids.number("mail", named)])
    if not found:
        raise not_found(named)
    if version is not None and version != found[0].version:
        raise PreconditionFailed
    return found[0]


async def lock_several(session: AsyncSession, caller: Caller, numbers: Sequence[int]) -> list[LockedMail]:
    """Lock those of these mails that are within reach, in the order of their numbers."""
    reach, params = within(caller)
    return await db.fetch_all(
        session,
        LockedMail,
        f"select {_COLUMNS} from emails e where e.id = any(%(ids)s) and {reach} order by e.id for update of e",
        {**params, "ids": list(numbers)},
    )


async def note(
    session: AsyncSession,
    caller: Caller | int | None,
    mails: Sequence[int],
    event: str,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write a line into the history of mails; without a caller (or a user's number) the system did it."""
    await db.execute(
        session,
        "insert into email_events (email_id, user_id, event, details)"
        " select id, %(user)s, %(event)s, %(details)s::jsonb from unnest(%(ids)s::bigint[]) id",
        {
            "ids": list(mails),
            "user": caller.user_id if isinstance(caller, Caller) else caller,
            "event": event,
            "details": jsonb.dumps(details) if details else None,
        },
    )
