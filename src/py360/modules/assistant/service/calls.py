"""The log of calls to language models: what each cost, and whether the month's budget has room for another."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from py360.kit import db, resources, vendor
from py360.kit.caller import Caller
from py360.kit.clock import INDIA, day_begins
from py360.kit.limits import Limits, refusal
from py360.kit.reads import Reads
from py360.modules.assistant.service.settings import Stored
from py360.modules.assistant.vendors.base import Delta, ModelError
from py360.modules.assistant.views import UsageView

_WRITE: Final = """
insert into ai_calls (client_id, user_id, purpose, provider, model, input_tokens, output_tokens, cost, milliseconds, problem, created_at)
values (%(client)s, %(user)s, %(purpose)s, %(provider)s, %(model)s, %(input)s, %(output)s, %(cost)s, %(milliseconds)s, %(problem)s, %(now)s)
"""
_SPENT: Final = """
select count(*) as calls, coalesce(sum(input_tokens), 0)::bigint as input_tokens,
  coalesce(sum(output_tokens), 0)::bigint as output_tokens, coalesce(sum(cost), 0) as cost
from ai_calls where client_id = %(client)s and created_at >= %(since)s and provider <> 'mcp'
"""


@dataclass(frozen=True, slots=True)
class Payer:
    """Who a call is for: a user, or the office itself (no user) in a job."""

    client_id: int
    user_id: int | None = None

    @classmethod
    def of(cls, caller: Caller) -> "Payer":
        """A signed-in user."""
        return cls(caller.client_id, caller.user_id)


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
    first = _today().replace(day=1)
    return await reads.fetch_only(Spent, _SPENT, {"client": client_id, "since": day_begins(first)})


def _today() -> date:
    return resources.current().clock.now().astimezone(INDIA).date()


async def has_budget(reads: Reads, stored: Stored, client_id: int) -> bool:
    """Whether the month's budget is not used up."""
    budget = stored.values.monthly_budget
    return budget is None or (await spent(reads, client_id)).cost < budget


async def require_room(limits: Limits, reads: Reads, caller: Caller, stored: Stored) -> None:
    """Count a question; raises TooMany, with the time to wait, above the user's limits, and above the month's budget where
    the office wants no answers by rules."""
    await count(limits, caller, stored)
    await require_budget(reads, caller, stored)


async def count(limits: Limits, caller: Caller, stored: Stored) -> None:
    """Count a question or the use of a tool; raises TooMany, with the time to wait, above the user's limits."""
    rate = stored.values.rate_limit
    for most, period in ((rate.per_minute, "minute"), (rate.per_hour, "hour")):
        await limits.require(
            f"You have asked the assistant {most:,} times within a {period}. Please wait a little.",
            f"{most}/{period}", "assistant", period, str(caller.user_id),
        )  # fmt: skip


async def require_budget(reads: Reads, caller: Caller, stored: Stored) -> None:
    """Raises TooMany until the next month where the budget is used up, and the office wants no answers by rules."""
    if stored.values.fallback_enabled or not stored.configured or await has_budget(reads, stored, caller.client_id):
        return
    today = _today()
    following = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    seconds = int((day_begins(following) - resources.current().clock.now()).total_seconds()) + 1
    sentence = f"This month's budget for the language model is used up. Ask again from {following:%d %b %Y}, or raise the budget."
    raise refusal(sentence, 0, seconds)


async def noted(payer: Payer, purpose: str, stored: Stored, deltas: AsyncIterator[Delta]) -> AsyncIterator[Delta]:
    """What a model answers, piece by piece; the call is written down with what it cost, however it ends."""
    began, sent, received, problem = time.monotonic(), 0, 0, None
    try:
        async with vendor.call(stored.values.provider, purpose):
            async for delta in deltas:
                sent, received = sent + delta.input_tokens, received + delta.output_tokens
                yield delta
    except ModelError as error:
        problem = f"{error.kind}: {error.detail or error}"
        raise
    finally:
        await note(payer, purpose, stored, (sent, received), time.monotonic() - began, problem)


async def embed(payer: Payer, stored: Stored, texts: Sequence[str]) -> list[list[float]]:
    """The embeddings of texts, in their order; written down as every call. Raises ModelError."""
    began, tokens, problem = time.monotonic(), 0, None
    try:
        async with vendor.call(stored.values.provider, "embeddings", items=len(texts)):
            found = await stored.embedder().embed(texts)
        tokens = found.input_tokens
        return found.vectors
    except ModelError as error:
        problem = f"{error.kind}: {error.detail or error}"
        raise
    finally:
        await note(payer, "embeddings", stored, (tokens, 0), time.monotonic() - began, problem)


async def note(
    payer: Payer, purpose: str, stored: Stored, tokens: tuple[int, int], seconds: float, problem: str | None
) -> None:
    """Write a call down, in a transaction of its own: it was made, whatever becomes of the answer. `tokens`: sent, received."""
    chosen = stored.values
    cost = (tokens[0] * chosen.input_price + tokens[1] * chosen.output_price) / 1000
    await db.fetch_alone(
        int,
        _WRITE,
        {
            "client": payer.client_id, "user": payer.user_id, "purpose": purpose, "provider": chosen.provider,
            "model": chosen.model, "input": tokens[0], "output": tokens[1], "cost": round(cost, 4),
            "milliseconds": int(seconds * 1000), "problem": problem and problem[:500], "now": resources.current().clock.now(),
        },
    )  # fmt: skip


async def note_tool(caller: Caller, tool: str, key: str, seconds: float) -> None:
    """Write down that another assistant was given what a tool found, by which key."""
    await db.fetch_alone(
        int,
        _WRITE,
        {
            "client": caller.client_id, "user": caller.user_id, "purpose": tool, "provider": "mcp", "model": key[:100],
            "input": 0, "output": 0, "cost": 0, "milliseconds": int(seconds * 1000), "problem": None,
            "now": resources.current().clock.now(),
        },
    )  # fmt: skip
