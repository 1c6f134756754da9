"""What the assistant may look up: read only, with the caller's permissions, clients and reach.

There is no tool that writes. Whatever a text says that a model was given, it can change nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, Protocol

from babel.numbers import format_currency

from py360.kit.caller import Caller, reach_filter
from py360.kit.listing import containing
from py360.kit.reads import Reads
from py360.modules.assistant.service.passages import cited
from py360.modules.assistant.service.search import for_answer
from py360.modules.assistant.vendors.base import ToolSpec

_MOST: Final = 5
_TERM_WORDS: Final = 12
_CASES: Final = """
select c.case_number, c.policy_number, c.policy_type, c.status, c.due_date, c.end_date, c.grace_period_days,
  coalesce(c.renewal_amount, c.premium_amount) as amount, c.sum_insured, c.payment_status, u.full_name as customer_name,
  coalesce(c.agent_name, 'nobody') as agent_name,
  coalesce((select sum(m.paid) from payments_public_money m where m.case_id = c.id), 0) as paid
from cases_public_case c join customers_public_contact u on u.id = c.customer_id
where {within} and {named} order by c.is_open desc, c.due_date, c.id limit 6
"""


@dataclass(frozen=True, slots=True)
class CaseFound:
    """A case within reach; amounts in INR."""

    case_number: str
    policy_number: str
    policy_type: str
    status: str
    due_date: date
    end_date: date
    grace_period_days: int
    amount: Decimal
    sum_insured: Decimal | None
    payment_status: str
    customer_name: str
    agent_name: str
    paid: Decimal


class Figures(Protocol):
    """The dashboard's figures of a caller, in words; `analytics` gives them (`wiring`)."""

    async def __call__(self, reads: Reads, caller: Caller) -> str:
        """One line per figure."""
        ...


Scope = Literal["cases", "dashboard", "knowledge"]
Run = Callable[[Reads, Caller, str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool with who may use it, and what it does with its one argument. `scope`: which API keys may."""

    spec: ToolSpec
    scope: Scope
    permissions: tuple[str, ...]
    run: Run


_figures: list[Figures] = []


def use_figures(figures: Figures) -> None:
    """Set what gives the dashboard's figures (called by wiring)."""
    _figures[:] = [figures]


async def find_cases(reads: Reads, caller: Caller, text: str) -> list[CaseFound]:
    """Cases that a text names: by case code or policy number, else by the customer's name. At most six, open ones first."""
    within, params = reach_filter(caller)
    codes = [word.strip(".,;:!?()'\"") for word in text.split() if any(sign.isdecimal() for sign in word)][:_TERM_WORDS]
    if codes:
        named = "(upper(c.case_number) = any(%(codes)s) or upper(c.policy_number) = any(%(codes)s))"
        more = {"codes": [code.upper() for code in codes]}
        if found := await reads.fetch_all(CaseFound, _CASES.format(within=within, named=named), {**params, **more}):
            return found
    names = [word.strip(".,;:!?()'\"") for word in text.split() if word[:1].isupper() or not word.isascii()][
        :_TERM_WORDS
    ]
    pairs = [" ".join(names[at : at + 2]) for at in range(len(names) - 1)] or names
    patterns = [pattern for pair in pairs if len(pair) > 2 and (pattern := containing(pair))]
    if not patterns:
        return []
    sql = _CASES.format(within=within, named="u.full_name ilike any(%(names)s)")
    return await reads.fetch_all(CaseFound, sql, {**params, "names": patterns})


def rupees(amount: Decimal) -> str:
    """An amount as Indians write it: ₹12,34,567.00."""
    return str(format_currency(amount, "INR", locale="en_IN"))


def case_in_words(case: CaseFound) -> str:
    """A case in a sentence."""
    return (
        f"{case.case_number}: {case.policy_type} policy {case.policy_number} of {case.customer_name}, {case.status.replace('_', ' ')},"
        f" {rupees(case.amount)} due on {case.due_date:%d %b %Y}, worked on by {case.agent_name}."
    )


def owed_in_words(case: CaseFound) -> str:
    """What is still to be paid for a case."""
    left = max(case.amount - case.paid, Decimal(0))
    paid = f"{rupees(case.paid)} was paid" if case.paid else "nothing was paid yet"
    return f"{case.case_number} ({case.customer_name}): {rupees(left)} of {rupees(case.amount)} is outstanding, due on {case.due_date:%d %b %Y}; {paid}."


def terms_in_words(case: CaseFound) -> str:
    """The terms of a case's policy."""
    insured = f", sum insured {rupees(case.sum_insured)}" if case.sum_insured else ""
    return (
        f"Policy {case.policy_number} ({case.policy_type}) of {case.customer_name}: in force until {case.end_date:%d %b %Y},"
        f" {case.grace_period_days} days of grace, premium {rupees(case.amount)}{insured}."
    )


def _about_cases(words: Callable[[CaseFound], str]) -> Run:
    async def run(reads: Reads, caller: Caller, query: str) -> str:
        found = await find_cases(reads, caller, query)
        lines = [words(case) for case in found[:_MOST]]
        more = ["There are more; name a case or a policy."] if len(found) > _MOST else []
        return "\n".join([*lines, *more]) or "Nothing within your reach fits."

    return run


async def _dashboard(reads: Reads, caller: Caller, query: str) -> str:
    return await _figures[0](reads, caller) if _figures else "The dashboard is not available."


async def _knowledge(reads: Reads, caller: Caller, query: str) -> str:
    return cited(await for_answer(reads, caller, query)) or "The documents say nothing about it."


_NAMED: Final = {"query": "a case code such as CASE-12, a policy number, or a customer's full name"}
TOOLS: Final[Mapping[str, Tool]] = {
    tool.spec.name: tool
    for tool in (
        Tool(ToolSpec("find_case", "Find renewal cases with status, amount and due date", _NAMED), "cases", ("cases", "closed-cases"), _about_cases(case_in_words)),
        Tool(ToolSpec("outstanding_amount", "What is still to be paid for a case", _NAMED), "cases", ("cases", "closed-cases"), _about_cases(owed_in_words)),
        Tool(ToolSpec("policy_terms", "Dates, grace, premium and sum insured of a policy", _NAMED), "cases", ("cases", "closed-cases"), _about_cases(terms_in_words)),
        Tool(ToolSpec("dashboard_figures", "The renewal dashboard's figures as of now"), "dashboard", ("dashboard",), _dashboard),
        Tool(ToolSpec("search_knowledge", "Search the office's own documents", {"query": "what to look for"}), "knowledge", (), _knowledge),
    )
}  # fmt: skip


def offered(caller: Caller) -> list[Tool]:
    """The tools that the caller may use."""
    return [tool for tool in TOOLS.values() if not tool.permissions or caller.may(*tool.permissions)]
