"""The log of calls to language models: what each cost, and whether the month's budget has room for another."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.clock import INDIA, day_begins
from py360.kit.limits import Limits
from py360.kit.reads import Reads
from py360.modules.assistant.service.settings import Stored
from py360.modules.assistant.views import UsageView

_WRITE: Final = """
insert into ai_calls (client_id, user_id, purpose, provider, model, input_tokens, output_tokens, cost, milliseconds, problem, created_at)
values (%(client)s, %(user)s, %(purpose)s, %(provider)s, %(model)s, %(input)s, %(output)s, %(cost)s, %(milliseconds)s, %(problem)s, %(now)s)
"""
_SPENT: Final = """
select count(*) as calls, coalesce(sum(input_tokens), 0)::bigint as input_tokens,
  coalesce(sum(output_tokens), 0)::bigint as output_tokens, coalesce(sum(cost), 0) as cost
from ai_calls where client_id = %(client)s and created_at >= %(since)s
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a client used this month, in India's calendar; the cost in INR."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal

    def to_public(self, budget: Decimal | None) -> UsageView:
        """The usage of the wire."""
        return {
            "calls": self.calls, "inputTokens": self.input_tokens, "outputTokens": self.output_tokens, "cost": float(self.cost),
            "monthlyBudget": None if budget is None else float(budget),
        }  # fmt: skip


async def spent(reads: Reads, client_id: int) -> Spent:
    """What the client used since the first of the month."""
    first = resources.current().clock.now().astimezone(INDIA).date().replace(day=1)
    return await reads.fetch_only(Spent, _SPENT, {"client": client_id, "since": day_begins(first)})


async def has_budget(reads: Reads, stored: Stored, client_id: int) -> bool:
    """Whether the month's budget is not used up."""
    budget = stored.values.monthly_budget
    return budget is None or (await spent(reads, client_id)).cost < budget


async def require_room(limits: Limits, caller: Caller, stored: Stored) -> None:
    """Count a question; raises TooMany, with the time to wait, above the user's limits."""
    rate = stored.values.rate_limit
    for most, period in ((rate.per_minute, "minute"), (rate.per_hour, "hour")):
        await limits.require(
            f"You have asked the assistant {most:,} times within a {period}. Please wait a little.",
            f"{most}/{period}", "assistant", period, str(caller.user_id),
        )  # fmt: skip


async def note(
    caller: Caller, purpose: str, stored: Stored, tokens: tuple[int, int], seconds: float, problem: str | None
) -> None:
    """Write a call down, in a transaction of its own: it was made, whatever becomes of the answer. `tokens`: sent, received."""
    chosen = stored.values
    cost = (tokens[0] * chosen.input_price + tokens[1] * chosen.output_price) / 1000
    await db.fetch_alone(
        int,
        _WRITE,
        {
            "client": caller.client_id, "user": caller.user_id, "purpose": purpose, "provider": chosen.provider,
            "model": chosen.model, "input": tokens[0], "output": tokens[1], "cost": round(cost, 4),
            "milliseconds": int(seconds * 1000), "problem": problem and problem[:500], "now": resources.current().clock.now(),
        },
    )  # fmt: skip
