"""Read SQL of payments; every list starts from the caller's reach."""

from typing import Any, Final

from py360.kit.caller import Caller, reach_filter
from py360.kit.db import Row
from py360.kit.errors import NotFound
from py360.kit.paging import EXACT_UP_TO, Page
from py360.kit.reads import Reads

_COLUMNS: Final = """
p.id, p.case_id, p.policy_id, p.customer_id, p.gateway, p.order_id, p.gateway_payment_id, p.amount, p.captured_amount,
p.refunded_amount, p.currency, p.method, p.status, p.reference, p.allocations, p.error, p.created_by,
u.name as created_by_name, p.created_at, p.captured_at
"""
_HISTORY: Final = """
select {columns} from payments p left join identity_public_users u on u.id = p.created_by
where p.case_id = %(case_id)s order by p.id desc limit %(limit)s offset %(offset)s
"""
_COUNT: Final = "select count(*) from (select 1 from payments where case_id = %(case_id)s limit %(most)s) counted"
_SEEN: Final = "select 1 from cases_public_case c where c.id = %(case_id)s and {reach}"
_ONE: Final = """
select {columns} from payments p join cases_public_case c on c.id = p.case_id left join identity_public_users u on u.id = p.created_by
where p.id = %(id)s and {reach}
"""
_ATTEMPTS: Final = """
select attempt_id, status, amount, currency, method, error, held, happened_at
from payment_attempts where payment_id = %(id)s order by happened_at, id
"""
_REFUNDS: Final = """
select id, refund_id, amount, status, reason, created_at, processed_at
from payment_refunds where payment_id = %(id)s order by id
"""


async def history(reads: Reads, caller: Caller, case_id: int, page: Page) -> tuple[list[Row], int]:
    """The payments of a case, newest first, and how many there are; NotFound when the case is out of reach."""
    reach, params = reach_filter(caller, "c")
    asked = {
        **params,
        "case_id": case_id,
        "limit": page.limit,
        "offset": page.offset,
        "most": EXACT_UP_TO,
    }
    if not await reads.value(_SEEN.format(reach=reach), asked):
        raise NotFound(f"There is no case CASE-{case_id} within your reach.")
    return await reads.all(_HISTORY.format(columns=_COLUMNS), asked), await reads.value(_COUNT, asked)


async def payment(reads: Reads, caller: Caller, payment_id: int) -> Row:
    """One payment with every attempt and refund; NotFound when out of reach."""
    reach, params = reach_filter(caller, "c")
    asked: dict[str, Any] = {**params, "id": payment_id}
    row = await reads.one(_ONE.format(columns=_COLUMNS, reach=reach), asked)
    if row is None:
        raise NotFound(f"There is no payment pay-{payment_id} within your reach.")
    return {
        **row,
        "attempts": await reads.all(_ATTEMPTS, asked),
        "refunds": await reads.all(_REFUNDS, asked),
    }
