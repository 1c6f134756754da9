"""Closing orders that must not be paid any more: the case was paid another way, or is over."""

from py360.kit.db import unit_of_work
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.balance import balance, lock
from py360.modules.payments.service import order


async def close_orders(case_id: int) -> None:
    """Cancel the case's open orders that ask for more than is left. Raises what the gateway answers; the job tries again."""
    async with unit_of_work() as session:
        await lock(session, [case_id])
        case = await balance(session, case_id)
        found = await order.open_orders(session, case_id)
    left = case.remaining if case.is_open else ZERO
    for each in found:
        if each.amount > left:
            await order.close(each)
