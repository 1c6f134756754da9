"""From events to consequences: facts into the ledger, the ledger into the case.

Webhooks and polls both come here. Applying the same facts again changes nothing; a case is settled when its renewal
amount has come in, whichever payments brought it. Money that does not fit (too much, twice, for a closed case, disputed) is
booked, is in the case's history and is reported to a person; it never makes a paid case an unpaid one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.jobs import defer
from py360.modules.cases import api as cases
from py360.modules.payments import bulk, notices
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.balance import Balance, Source, balances, lock
from py360.modules.payments.bulk import Moved
from py360.modules.payments.ledger.post import post_cases
from py360.modules.payments.live_updates import push_live_updates
from py360.modules.payments.vendors.base import Facts

ONLINE: Final = "online"
CLOSE_ORDERS: Final = "payments.close_orders"

_CASES_OF: Final = "select distinct case_id from payments where id = any(%(ids)s)"
_INSTALMENTS: Final = """
update outstanding_amounts o set
  paid_amount = f.paid_amount,
  status = case when f.paid_amount >= o.amount then 'paid' when f.paid_amount > 0 then 'partial' else 'pending' end,
  paid_date = f.paid_date, payment_method = f.method, payment_reference = f.reference
from jsonb_to_recordset(%(rows)s::jsonb) as f
  (id bigint, paid_amount numeric, paid_date timestamptz, method text, reference text)
where o.id = f.id and (o.paid_amount, o.payment_reference) is distinct from (f.paid_amount, f.reference)
"""
_ALLOCATIONS: Final = """
update payments p set allocations = f.shares
from jsonb_to_recordset(%(rows)s::jsonb) as f (id bigint, shares jsonb)
where p.id = f.id and p.allocations is distinct from f.shares
"""
_USED: Final = """
update payment_links l set used_at = f.used_at
from unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) as f (id, used_at) where l.id = f.id and l.used_at is null
"""
# Orders that are open for more than is left to pay.
_OPEN_TOO_LONG: Final = """
select distinct p.case_id from payments p
join unnest(%(cases)s::bigint[], %(left)s::numeric[]) as b (case_id, remaining) on b.case_id = p.case_id
where p.provider_id is not null and p.status in ('created', 'failed') and p.expires_at > %(now)s and p.amount > b.remaining
"""
_TAKE_TURNS: Final = """
select pg_advisory_xact_lock(hashtextextended('news of account ' || id, 360))
from (select id from unnest(%(accounts)s::bigint[]) id order by id) ordered
"""


async def apply(session: AsyncSession, news: Mapping[int, Sequence[Facts]], also: Sequence[int] = ()) -> None:
    """Merge what gateways reported, by account number, and recompute the payments it is about, and `also` those that ran out of
    time; then update their cases and links, and notify users.

    To be called first in a transaction, because it locks in this order: the news of each account, the money of the cases, the
    payments.
    """
    await db.execute(session, _TAKE_TURNS, {"accounts": sorted(news)})
    joined = [(provider_id, Facts.joined(facts)) for provider_id, facts in sorted(news.items())]
    case_ids = set(await db.fetch_all(session, int, _CASES_OF, {"ids": list(also)})) if also else set()
    for provider_id, facts in joined:
        case_ids |= await bulk.cases_of(session, provider_id, facts)
    await lock(session, case_ids)
    touched = set(also)
    for provider_id, facts in joined:
        touched |= await bulk.merge(session, provider_id, facts)
    if touched and (moved := await bulk.recompute(session, touched, resources.current().clock.now())):
        await consequences(session, moved)


async def consequences(session: AsyncSession, moved: Sequence[Moved]) -> None:
    """What follows when these payments changed; the caller holds the lock of their cases."""
    by_case: dict[int, list[Moved]] = defaultdict(list)
    for each in moved:
        by_case[each.now.case_id].append(each)
    found = await balances(session, list(by_case))
    await _write_shares(session, found.values())
    await post_cases(session, list(found))
    paid_links = [each.now for each in moved if each.now.link_id and each.now.status == "captured"]
    await db.execute(
        session, _USED, {"ids": [row.link_id for row in paid_links], "moments": [row.captured_at for row in paid_links]}
    )
    await _update_cases(session, [(found[case_id], rows) for case_id, rows in sorted(by_case.items())])
    await notices.report(session, [(found[each.now.case_id], each) for each in moved])
    await _close_orders(session, found.values())
    await push_live_updates(session, [each.now.id for each in moved])


async def rebalance(session: AsyncSession, case_id: int) -> Balance:
    """The instalments of a case changed: its shares, the ledger and its open orders follow, and a case that is paid by now is
    settled. The caller holds the lock of its money."""
    found = await balances(session, [case_id])
    await _write_shares(session, found.values())
    await post_cases(session, [case_id])
    await _close_orders(session, found.values())
    case = found[case_id]
    if case.is_open and case.sources and case.kept >= case.due:
        source = max(case.sources.values(), key=lambda each: each.at)
        await cases.settle(session, [cases.Paid(case_id, source.method or ONLINE, source.at, source.reference)])
    return case


async def _close_orders(session: AsyncSession, found: Iterable[Balance]) -> None:
    """Have open orders cancelled that ask for more than is left: a customer who paid otherwise must not pay again."""
    known = list(found)
    params = {
        "cases": [case.case_id for case in known],
        "left": [case.remaining if case.is_open else ZERO for case in known],
        "now": resources.current().clock.now(),
    }
    for case_id in await db.fetch_all(session, int, _OPEN_TOO_LONG, params):
        await defer(session, CLOSE_ORDERS, case_id=case_id, queueing_lock=f"{CLOSE_ORDERS} {case_id}")


async def _write_shares(session: AsyncSession, found: Iterable[Balance]) -> None:
    """Store what each payment paid, and what is paid of each stored instalment."""
    shares, instalments = [], []
    for case in found:
        allocated = case.shares()
        for payment_id, parts in allocated.items():
            public = [{"instalmentId": part.instalment_id, "amount": str(part.amount)} for part in parts]
            shares.append({"id": payment_id, "shares": public})
        last = case.last_sources()
        paid = case.paid()
        instalments += [
            _instalment_row(number, paid.get(number, ZERO), last.get(number))
            for part in case.parts
            if (number := part.instalment.id) is not None
        ]
    await db.execute(session, _ALLOCATIONS, {"rows": orjson.dumps(shares).decode()})
    if instalments:
        await db.execute(session, _INSTALMENTS, {"rows": orjson.dumps(instalments).decode()})


def _instalment_row(number: int, paid: Decimal, source: Source | None) -> dict[str, object]:
    return {
        "id": number,
        "paid_amount": str(paid),
        "paid_date": source and source.at,
        "method": source and source.method,
        "reference": source and source.reference,
    }


async def _update_cases(session: AsyncSession, moved: Sequence[tuple[Balance, Sequence[Moved]]]) -> None:
    """Settle the cases whose amount has come in, all at once; note part payments, and what went back.

    Closed cases too: the money is booked, and their history says what to do with it.
    """
    came = [(case, _brought(case, rows), paid, amount) for case, rows in moved for paid, amount in _came(case, rows)]
    await cases.settle(session, [paid for case, brought, paid, _ in came if brought >= case.due])
    for case, brought, paid, amount in came:
        if brought < case.due:
            await cases.partly_paid(session, paid, amount)
    for case, rows in moved:
        back = sum((row.went_back for row in rows), ZERO)
        if back > 0:
            await cases.refunded(session, case.case_id, amount=back, kept=case.kept, due=case.due)


def _brought(case: Balance, rows: Sequence[Moved]) -> Decimal:
    """What is kept of the case, and what came in by this change although it went back with it: a payment and its refund that are
    reported together renew the case as they do one after the other. What went back before pays nothing any more."""
    return case.kept + sum((row.went_back for row in rows if row.came > 0), ZERO)


def _came(case: Balance, rows: Sequence[Moved]) -> Iterator[tuple[cases.Paid, Decimal]]:
    """The latest payment among those that brought something, with what they brought together."""
    came = [each for each in rows if each.came > 0]
    if came:
        latest = max(came, key=lambda each: (case.sources[each.now.id].at, each.now.id))
        source = case.sources[latest.now.id]
        amount = sum((each.came for each in came), ZERO)
        yield cases.Paid(case.case_id, source.method or ONLINE, source.at, source.reference), amount
