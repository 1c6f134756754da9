"""From news to consequences: facts into the ledger, the ledger into the case.

Webhooks and polls both come here. Applying the same facts again changes nothing; a case is settled when its renewal
amount has come in, whichever payments brought it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.ids import code
from py360.kit.money import format_inr
from py360.modules.cases import api as cases
from py360.modules.notifications import api as notifications
from py360.modules.payments import bulk
from py360.modules.payments.announcing import announce
from py360.modules.payments.ledger import ZERO
from py360.modules.payments.standing import Source, Standing, lock, standings
from py360.modules.payments.vendors.base import Facts

ONLINE: Final = "online"

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


_TAKE_TURNS: Final = """
select pg_advisory_xact_lock(hashtextextended('news of account ' || id, 360))
from (select id from unnest(%(accounts)s::bigint[]) id order by id) ordered
"""


async def apply(session: AsyncSession, news: Mapping[int, Sequence[Facts]], also: Sequence[int] = ()) -> None:
    """Learn what gateways said, by account number, work out the payments it is about, and `also` those that merely ran out of
    time; let their cases, links and people know what changed.

    First thing in its transaction, and in this order: whoever has news of one account takes turns with the others who do,
    then with whoever else moves money of the same cases; only then is a payment held.
    """
    await db.execute(session, _TAKE_TURNS, {"accounts": sorted(news)})
    told = [(provider_id, Facts.joined(facts)) for provider_id, facts in sorted(news.items())]
    case_ids = {row["case_id"] for row in await db.all(session, _CASES_OF, {"ids": list(also)})} if also else set()
    for provider_id, facts in told:
        case_ids |= await bulk.cases_of(session, provider_id, facts)
    await lock(session, case_ids)
    touched = set(also)
    for provider_id, facts in told:
        touched |= await bulk.learn(session, provider_id, facts)
    if not touched:
        return
    moved = [row for row in await bulk.work_out(session, touched, resources.current().clock.now()) if _moved(row)]
    if moved:
        await consequences(session, moved)


async def consequences(session: AsyncSession, moved: Sequence[db.Row]) -> None:
    """What follows when these payments changed; the caller holds the lock of their cases."""
    by_case: dict[int, list[db.Row]] = defaultdict(list)
    for row in moved:
        by_case[row["case_id"]].append(row)
    stand = await standings(session, list(by_case))
    await _write_shares(session, stand.values())
    paid_links = [row for row in moved if row["link_id"] and row["status"] == "captured"]
    await db.execute(
        session,
        _USED,
        {"ids": [row["link_id"] for row in paid_links], "moments": [row["captured_at"] for row in paid_links]},
    )
    await _tell_cases(session, [(stand[case_id], rows) for case_id, rows in sorted(by_case.items())])
    await notifications.notify_each(
        session, [notice for row in moved if (notice := _notice(stand[row["case_id"]], row))], type="update"
    )
    await announce(session, [row["id"] for row in moved])


def _moved(row: db.Row) -> bool:
    return any(row[name] != row["before_" + name] for name in ("captured_amount", "refunded_amount", "status", "error"))


async def _write_shares(session: AsyncSession, stand: Iterable[Standing]) -> None:
    """Store what each payment paid, and what is paid of each stored instalment."""
    shares, instalments = [], []
    for case in stand:
        allocated = case.shares()
        for payment_id, parts in allocated.items():
            shown = [{"instalmentId": part.instalment_id, "amount": str(part.amount)} for part in parts]
            shares.append({"id": payment_id, "shares": shown})
        last = {
            part.instalment_id: case.sources[number] for number, parts in sorted(allocated.items()) for part in parts
        }
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


async def _tell_cases(session: AsyncSession, moved: Sequence[tuple[Standing, Sequence[db.Row]]]) -> None:
    """Settle the cases whose amount has come in, all at once; note part payments, and what went back."""
    came = [(case, paid, amount) for case, rows in moved if case.is_open for paid, amount in _came(case, rows)]
    await cases.settle(session, [paid for case, paid, _ in came if case.received >= case.due])
    for case, paid, amount in came:
        if case.received < case.due:
            await cases.partly_paid(session, paid, amount)
    for case, rows in moved:
        back = sum((row["refunded_amount"] - row["before_refunded_amount"] for row in rows), ZERO)
        if back > 0:
            await cases.refunded(session, case.case_id, amount=back, kept=case.kept, due=case.due)


def _came(case: Standing, rows: Sequence[db.Row]) -> Iterator[tuple[cases.Paid, Decimal]]:
    """The latest payment among those that brought something, with what they brought together."""
    came = [row for row in rows if row["captured_amount"] > row["before_captured_amount"]]
    if came:
        source = case.sources[max(came, key=lambda row: (row["captured_at"], row["id"]))["id"]]
        amount = sum((row["captured_amount"] - row["before_captured_amount"] for row in came), ZERO)
        yield cases.Paid(case.case_id, source.method or ONLINE, source.at, source.reference), amount


def _notice(case: Standing, row: db.Row) -> notifications.Notice | None:
    """What the agent of the case is told, if there is one and something to tell."""
    if case.assigned_to is None or (said := _words(case, row)) is None:
        return None
    data = {"caseId": case.case_number, "paymentId": code("payment", row["id"])}
    return notifications.Notice(case.assigned_to, *said, data)


def _words(case: Standing, row: db.Row) -> tuple[str, str] | None:
    """Title and sentence for the officer; None for news that needs nobody."""
    number = case.case_number
    came = row["captured_amount"] - row["before_captured_amount"]
    back = row["refunded_amount"] - row["before_refunded_amount"]
    if row["error"] == "held" and row["before_error"] != "held":
        return (
            "Payment held",
            f"A payment for {number} differs from what was asked and was not counted. Please check it.",
        )
    if row["error"] == "paid_twice" and row["before_error"] != "paid_twice":
        return "Paid twice", f"{number} was paid {format_inr(row['excess'])} more than asked. Please refund it."
    if back > 0:
        return "Payment refunded", f"{format_inr(back)} of {number} went back to the customer."
    if came > 0 and case.kept > case.due:
        over = format_inr(case.kept - case.due)
        return "Paid too much", f"{number} received {over} more than its renewal costs. Please refund it."
    if came > 0 and case.remaining > 0:
        return (
            "Part payment received",
            f"{format_inr(came)} came in for {number}; {format_inr(case.remaining)} remain.",
        )
    if came > 0:
        return "Payment received", f"{format_inr(came)} came in for {number}."
    if row["status"] == "failed" and row["error"]:
        return "Payment failed", f"A payment for {number} failed: {row['error']}"
    return None
