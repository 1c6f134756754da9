"""What came in before there was a ledger."""

from typing import Final

from py360.kit import db
from py360.modules.payments.balance import lock
from py360.modules.payments.ledger.post import post_cases

BATCH: Final = 500  # cases per transaction
_UNPOSTED: Final = """
select distinct p.case_id from payments p
where p.captured_amount > 0 and not exists (select from ledger_entries e where e.case_id = p.case_id and e.kind = 'receipt')
order by p.case_id limit %(limit)s
"""


async def post() -> bool:
    """Post the next cases whose money is not in the ledger; whether there may be more."""
    async with db.unit_of_work() as session:
        found = await db.fetch_all(session, int, _UNPOSTED, {"limit": BATCH})
        await lock(session, found)
        await post_cases(session, found)
    return len(found) == BATCH
