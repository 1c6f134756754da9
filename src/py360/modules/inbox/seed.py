"""What each client's inbox starts with (domain reference, 16.3)."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

FOLDERS: Final = (("urgent", "Urgent"), ("follow_up", "Follow Up"), ("vip_customers", "VIP Customers"))
KEYWORDS: Final = (
    ("refund", "refund", "high"),
    ("complaint", "complaint", "high"),
    ("appointment", "appointment", "medium"),
    ("feedback", "feedback", "low"),
)


async def seed(session: AsyncSession, client_id: int) -> None:
    """The usual folders and keyword rules, once: an office that deleted them does not get them again."""
    has_some = await db.fetch_only(
        session,
        bool,
        "select exists (select from email_folders where client_id = %(client)s)"
        " or exists (select from email_classification_rules where client_id = %(client)s)",
        {"client": client_id},
    )
    if has_some:
        return
    for code, name in FOLDERS:
        await db.execute(
            session,
            "insert into email_folders (client_id, code, name) values (%(client)s, %(code)s, %(name)s)"
            " on conflict (client_id, code) do nothing",
            {"client": client_id, "code": code, "name": name},
        )
    for keyword, category, priority in KEYWORDS:
        await db.execute(
            session,
            "insert into email_classification_rules (client_id, keyword, category, priority)"
            " values (%(client)s, %(keyword)s, %(category)s, %(priority)s) on conflict do nothing",
            {"client": client_id, "keyword": keyword, "category": category, "priority": priority},
        )
