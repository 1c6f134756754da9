"""What a sender is to the office."""

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller


async def set_category(session: AsyncSession, caller: Caller, address: str, category: str) -> int:
    """Set the category of a sender, and of their mails here; how many mails."""
    params = {"client": caller.client_id, "address": address.lower(), "category": category, "user": caller.user_id}
    await db.execute(
        session,
        "insert into email_senders (client_id, address, customer_category, updated_by)"
        " values (%(client)s, %(address)s, %(category)s, %(user)s) on conflict (client_id, address)"
        " do update set customer_category = excluded.customer_category, updated_by = excluded.updated_by, updated_at = now()",
        params,
    )
    return await db.execute(
        session,
        "update emails set customer_category = %(category)s, version = version + 1 where client_id = %(client)s"
        " and from_email = %(address)s and customer_category <> %(category)s",
        params,
    )
