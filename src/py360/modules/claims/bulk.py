"""Set-based changes of claims."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

_FOLLOW: Final = """
update claims t set customer_id = p.customer_id from customers_public_policy p
where p.id = t.policy_id and t.policy_id = any(%(policies)s) and t.customer_id <> p.customer_id
"""


async def follow_policies(session: AsyncSession, policy_ids: Sequence[int]) -> None:
    """The claims of these policies belong to the customer whom the policies belong to, since two customers were merged or parted."""
    await db.execute(session, _FOLLOW, {"policies": list(policy_ids)})
