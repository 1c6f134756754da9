"""What the ledger shows: the accounts with their balances, and the entries behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller, reach_filter
from py360.kit.clock import day_begins, day_ends
from py360.kit.ids import code
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.payments.ledger.accounts import ACCOUNTS
from py360.modules.payments.ledger.views import AccountList, AccountView, LedgerEntryView

# An entry without a case (a settlement, a deposit) is seen by those who reach everything of the client.
_WITHIN: Final = "e.client_id = any(%(clients)s) and ({reach})"
_BALANCES: Final = """
select l.account, coalesce(sum(l.amount) filter (where l.amount > 0), 0) as debit,
  coalesce(-sum(l.amount) filter (where l.amount < 0), 0) as credit
from ledger_lines l join ledger_entries e on e.id = l.entry_id left join cases_public_case c on c.id = e.case_id
where {within} group by l.account
"""
# All of a client's accounts, straight from the index of lines.
_ALL_BALANCES: Final = """
select account, coalesce(sum(amount) filter (where amount > 0), 0) as debit,
  coalesce(-sum(amount) filter (where amount < 0), 0) as credit
from ledger_lines where client_id = any(%(clients)s) group by account
"""
_ENTRIES: Final = """
select e.id, e.kind, e.source, e.case_id, e.payment_id, e.happened_at, e.created_at, l.account, l.amount
from ledger_lines l join ledger_entries e on e.id = l.entry_id left join cases_public_case c on c.id = e.case_id
"""
_SORTS: Final = {"createdAt": "l.id", "happenedAt": "e.happened_at", "amount": "l.amount", "account": "l.account"}


@dataclass(frozen=True, slots=True)
class _Balance:
    account: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A line of an entry. A debit is positive, a credit negative (INR)."""

    id: int
    kind: str
    source: str
    case_id: int | None
    payment_id: int | None
    happened_at: datetime
    created_at: datetime
    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """What lines are asked for."""

    account: str | None = None
    kind: str | None = None
    case_id: int | None = None
    since: date | None = None
    until: date | None = None
    search: str | None = None


def _within(caller: Caller) -> tuple[str, dict[str, object]]:
    reach, params = reach_filter(caller, "c")
    own = f"e.case_id is null or ({reach})" if caller.reach == "all" else reach
    return _WITHIN.format(reach=own), {**params, "clients": list(caller.client_ids)}


async def accounts(reads: Reads, caller: Caller) -> AccountList:
    """Every account with its debits, credits and balance (INR), as far as the caller reaches; the balances sum to zero."""
    within, params = _within(caller)
    sql = _ALL_BALANCES if caller.reach == "all" else _BALANCES.format(within=within)
    found = {row.account: row for row in await reads.fetch_all(_Balance, sql, params)}
    views: list[AccountView] = []
    for each in ACCOUNTS:
        row = found.get(each.code, _Balance(each.code, Decimal(0), Decimal(0)))
        views.append(
            {
                "account": each.code,
                "name": each.name,
                "kind": each.kind,
                "debit": row.debit,
                "credit": row.credit,
                "balance": row.debit - row.credit,
            }
        )
    debit, credit = (sum((getattr(row, side) for row in found.values()), Decimal(0)) for side in ("debit", "credit"))
    return {"accounts": views, "totalDebit": debit, "totalCredit": credit, "balanced": debit == credit}


def entries(caller: Caller, wanted: EntryFilter, sort: str | None) -> Listing[EntryLine]:
    """The lines of entries, newest first."""
    within, params = _within(caller)
    where: list[str] = [within]
    values: dict[str, object] = dict(params)
    for condition, name, value in _conditions(wanted):
        where.append(condition)
        values[name] = value
    return Listing(
        "entries",
        _ENTRIES,
        " and ".join(where),
        ordering(sort, _SORTS, "-createdAt", "l.id"),
        values,
        _entry_view,
        ("id", "kind", "source", "caseId", "paymentId", "happenedAt", "account", "debit", "credit", "createdAt"),
        "ledger",
        row=EntryLine,
    )


def _conditions(wanted: EntryFilter) -> Sequence[tuple[str, str, object]]:
    pattern = containing(wanted.search)
    known = (
        ("l.account = %(account)s", "account", wanted.account),
        ("e.kind = %(kind)s", "kind", wanted.kind),
        ("e.case_id = %(case_id)s", "case_id", wanted.case_id),
        ("e.happened_at >= %(since)s", "since", wanted.since and day_begins(wanted.since)),
        ("e.happened_at < %(until)s", "until", wanted.until and day_ends(wanted.until)),
        ("e.source ilike %(pattern)s", "pattern", pattern),
    )
    return [each for each in known if each[2] is not None]


def _entry_view(line: EntryLine) -> LedgerEntryView:
    return {
        "id": line.id,
        "kind": line.kind,
        "source": line.source,
        "caseId": None if line.case_id is None else code("case", line.case_id),
        "paymentId": None if line.payment_id is None else code("payment", line.payment_id),
        "happenedAt": line.happened_at,
        "createdAt": line.created_at,
        "account": line.account,
        "debit": max(line.amount, Decimal(0)),
        "credit": max(-line.amount, Decimal(0)),
    }
