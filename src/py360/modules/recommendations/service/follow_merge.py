"""Recommendations and risks follow the customers: to the one who is kept when two are merged, and back when that is undone."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, sql

# The customers of an event, and the customers they are merged into since.
_CONCERNED: Final = """
select id from unnest(%(customers)s::bigint[]) as named (id)
union select merged_into from customers_public_merge where id = any(%(customers)s)
"""
# While rows move none of them counts: a rule has one open recommendation per customer.
_EXCLUDE: Final = (
    "select id from recommendations where customer_id = any(%(customers)s) order by id for update",
    "update recommendations set is_duplicate = true where customer_id = any(%(customers)s) and not is_duplicate",
    "update customer_risks set is_duplicate = true where customer_id = any(%(customers)s) and not is_duplicate",
)
_FOLLOW: Final = (sql.read(__file__, "follow_recommendations"), sql.read(__file__, "follow_risks"))


async def follow_merge(session: AsyncSession, kept_id: int, merged_id: int) -> None:
    """Give the recommendations and risks of two customers, who were merged or parted, to whom these customers are now."""
    concerned = await db.fetch_all(session, int, _CONCERNED, {"customers": [kept_id, merged_id]})
    for statement in (*_EXCLUDE, *_FOLLOW):
        await db.execute(session, statement, {"customers": concerned})
