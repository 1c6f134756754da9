"""Live updates about mails."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, live

PERMISSIONS = ("emails", "renewal-email-manager")


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail that came in, as far as a window needs it."""

    id: int
    subject: str
    from_email: str
    folder: str
    priority: str
    status: str
    escalation_reason: str | None
    assigned_to: int | None
    node_id: int | None
    node_path: str | None


async def new_mails(session: AsyncSession, email_ids: Sequence[int]) -> list[NewMail]:
    """Those that came in."""
    return await db.fetch_all(
        session,
        NewMail,
        "select e.id, e.subject, e.from_email, e.folder, e.priority, e.status, e.escalation_reason, e.assigned_to, e.node_id,"
        " n.path::text as node_path from emails e left join organization_public_node n on n.id = e.node_id"
        " where e.id = any(%(ids)s) order by e.id",
        {"ids": list(email_ids)},
    )


async def push_new(client_id: int, mails: Sequence[NewMail]) -> None:
    """Push an update to those who may see the mails; each with a few words only."""
    for mail in mails[:50]:  # a first synchronisation is no news
        await live.send(
            client_id,
            "email.new",
            {
                "emailId": ids.code("mail", mail.id),
                "from": mail.from_email,
                "subject": mail.subject[:200],
                "folder": mail.folder,
                "priority": mail.priority,
            },
            permission=PERMISSIONS,
            scope=live.Scope(mail.assigned_to, mail.node_path),
        )
