"""The log of calls to language models: what each cost, and whether the month's budget has room for another."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from py360.kit import db, resources, vendor
from py360.kit.caller import Caller
from py360.kit.clock import INDIA, day_begins
from py360.kit.limits import Limits, refusal
from py360.kit.reads import Reads
from py360.modules.assistant.redaction import Redactor
from py360.modules.assistant.service.settings import Stored
from py360.modules.assistant.vendors.base import Delta, ModelError, ToolSpec, Turn
from py360.modules.assistant.views import UsageView

CHARACTERS_PER_TOKEN: Final = 3  # on the safe side for English; Hindi has fewer
_WRITE: Final = """
insert into ai_calls (client_id, user_id, purpose, provider, model, input_tokens, output_tokens, cost, milliseconds, problem, created_at)
values (%(client)s, %(user)s, %(purpose)s, %(provider)s, %(model)s, %(input)s, %(output)s, %(cost)s, %(milliseconds)s, %(problem)s, %(now)s)
"""
_BEGIN: Final = """
insert into ai_calls (client_id, user_id, purpose, provider, model, input_tokens, output_tokens, cost, milliseconds, problem, created_at)
select %(client)s, %(user)s, %(purpose)s, %(provider)s, %(model)s, %(input)s, %(output)s, %(cost)s, %(milliseconds)s, %(problem)s, %(now)s
where %(budget)s::numeric is null or %(budget)s > (
  select coalesce(sum(cost), 0) from ai_calls where client_id = %(client)s and created_at >= %(since)s and provider <> 'mcp')
returning id
"""
_END: Final = """
update ai_calls set input_tokens = %(input)s, output_tokens = %(output)s, cost = %(cost)s, milliseconds = %(milliseconds)s,
  problem = %(problem)s where id = %(id)s
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
        """The usage as the API answers it."""
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


async def noted(
    payer: Payer, purpose: str, stored: Stored, turns: Sequence[Turn], tools: Sequence[ToolSpec] = ()
) -> AsyncIterator[Delta]:
    """What the model answers, piece by piece. The call is written down before it is made, with the most that it may cost, and
    afterwards with what it did cost, however it ended. Raises ModelError; `budget` when the calls under way use the month's up."""
    asked = _tokens(sum(len(turn.content) for turn in turns))
    async with _call(payer, purpose, stored, (asked, stored.values.max_tokens)) as spent:
        written = 0
        try:
            async for delta in stored.model().stream(turns, tools):
                written += len(delta.text)
                spent.sent, spent.received = spent.sent + delta.input_tokens, spent.received + delta.output_tokens
                yield delta
        finally:
            if written and not spent.sent:  # cut off, or a server that does not count
                spent.sent, spent.received = asked, _tokens(written)


async def embed(payer: Payer, stored: Stored, texts: Sequence[str]) -> list[list[float]]:
    """The embeddings of texts, in their order, redacted as all that leaves; written down as every call. Raises ModelError."""
    hidden = [Redactor().hide(text) for text in texts]
    async with _call(payer, "embeddings", stored, (_tokens(sum(map(len, hidden))), 0), items=len(texts)) as spent:
        found = await stored.embedder().embed(hidden)
        spent.sent = found.input_tokens
        return found.vectors


@dataclass(slots=True)
class _Tokens:
    """The tokens of a call, as far as they are known."""

    sent: int = 0
    received: int = 0


def _tokens(characters: int) -> int:
    return characters // CHARACTERS_PER_TOKEN + 1


@asynccontextmanager
async def _call(
    payer: Payer, purpose: str, stored: Stored, most: tuple[int, int], items: int = 1
) -> AsyncIterator[_Tokens]:
    number = await _begin(payer, purpose, stored, most)
    began, problem, spent = time.monotonic(), None, _Tokens()
    try:
        async with vendor.call(stored.values.provider, purpose, items=items):
            yield spent
    except ModelError as error:
        problem = f"{error.kind}: {error.detail or error}"
        raise
    finally:
        params = {
            "id": number, "input": spent.sent, "output": spent.received, "problem": problem and problem[:500],
            "cost": _cost(stored, spent.sent, spent.received), "milliseconds": int((time.monotonic() - began) * 1000),
        }  # fmt: skip
        await db.fetch_alone(int, _END, params)


def _cost(stored: Stored, sent: int, received: int) -> Decimal:
    return round((sent * stored.values.input_price + received * stored.values.output_price) / 1000, 4)


async def _begin(payer: Payer, purpose: str, stored: Stored, most: tuple[int, int]) -> int:
    """Write a call down that is made now. One after the other: two at once would not see each other's cost."""
    params = _params(payer, purpose, stored.values.provider, stored.values.model) | {
        "input": 0, "output": 0, "milliseconds": 0, "problem": "The call did not end.", "cost": _cost(stored, *most),
        "budget": stored.values.monthly_budget, "since": day_begins(_today().replace(day=1)),
    }  # fmt: skip
    async with db.unit_of_work() as session:
        if stored.values.monthly_budget is not None:
            await db.execute(session, "select pg_advisory_xact_lock(371, %(client)s::int)", params)
        number = await db.fetch_one(session, int, _BEGIN, params)
    if number is None:
        raise ModelError("budget")
    return number


async def note(payer: Payer, purpose: str, stored: Stored, seconds: float, problem: str | None) -> None:
    """Write down a call that cost nothing, such as a test of the connection."""
    params = _params(payer, purpose, stored.values.provider, stored.values.model) | {
        "input": 0, "output": 0, "cost": 0, "milliseconds": int(seconds * 1000), "problem": problem and problem[:500],
    }  # fmt: skip
    await db.fetch_alone(int, _WRITE, params)


async def note_tool(caller: Caller, tool: str, key: str, seconds: float) -> None:
    """Write down that another assistant was given what a tool found, by which key."""
    params = _params(Payer.of(caller), tool, "mcp", key[:100]) | {
        "input": 0, "output": 0, "cost": 0, "milliseconds": int(seconds * 1000), "problem": None,
    }  # fmt: skip
    await db.fetch_alone(int, _WRITE, params)


def _params(payer: Payer, purpose: str, provider: str, model: str) -> dict[str, object]:
    return {
        "client": payer.client_id, "user": payer.user_id, "purpose": purpose, "provider": provider, "model": model,
        "now": resources.current().clock.now(),
    }  # fmt: skip
