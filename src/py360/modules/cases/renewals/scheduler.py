"""Opens the case of each term before it falls due, by the lead days of its product.

It looks at what is due, not at what became due since it last ran: after a week off, or with a clock that jumped, it finds the
same cases, and those that are open already it finds as well. Several may run at once.
"""

from typing import Final

from py360.kit import db, resources, sql
from py360.modules.cases.bulk import SAME_TERM_DAYS

DEFAULT_LEAD_DAYS: Final = 60
SPAN: Final = 25_000  # policies in one transaction

_NEWEST: Final = "select coalesce(max(id), 0) from policies"
_DUE: Final = sql.read(__file__, "due_terms")
# An import that moves a due date and a direction that is being noted are waited for; then the terms are read again.
_LOCK: Final = f"""
select id from policies where id in (select id from ({_DUE.format(which="p.id > %(after)s and p.id <= %(upto)s")}) due)
order by id for no key update
"""
_OPEN: Final = sql.read(__file__, "open_due_cases").format(due=_DUE.format(which="p.id = any(%(ids)s)"))


async def open_due_cases() -> int:
    """Open every case that is due to be opened today (in India); how many there were."""
    clock = resources.current().clock
    newest = await resources.current().reads.fetch_only(int, _NEWEST)
    opened = 0
    for after in range(0, newest, SPAN):
        params = {
            "after": after,
            "upto": after + SPAN,
            "today": clock.today(),
            "now": clock.now(),
            "lead_days": DEFAULT_LEAD_DAYS,
            "same_term_days": SAME_TERM_DAYS,
        }
        async with db.unit_of_work() as session:
            policy_ids = await db.fetch_all(session, int, _LOCK, params)
            if policy_ids:
                async with db.trusted(session):
                    opened += await db.execute(session, _OPEN, {**params, "ids": policy_ids})
    return opened
