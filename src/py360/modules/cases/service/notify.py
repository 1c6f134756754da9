"""Notifications to agents about their cases (domain reference, 22): one each, however many cases it is about."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.cases.service.lock import Case
from py360.modules.notifications import api as notifications

REMIND_DAYS_BEFORE: Final = 5
CASES_NAMED: Final = 100  # in one notification
_DUE: Final = """
select c.assigned_to, c.case_number from renewal_cases c
where c.closed_at is null and c.due_date = %(due)s and c.assigned_to is not null
order by c.id
"""


@dataclass(frozen=True, slots=True)
class DueCase:
    """An open case that falls due, and its agent."""

    assigned_to: int | None
    case_number: str


async def notify_agents(
    session: AsyncSession,
    cases: Sequence[Case],
    change: str,
    by: str,
    *,
    except_user: int | None = None,
    priority: Literal["medium", "high"] = "medium",
) -> None:
    """Notify the cases' agents of a change and of who made it; the user who made it gets nothing."""
    for agent, numbers in _by_agent(cases).items():
        if agent == except_user:
            continue
        first, more = numbers[0], len(numbers) - 1
        await notifications.notify(
            session,
            agent,
            type="update",
            title=f"{len(numbers)} of your cases: {change}" if more else f"{first}: {change}",
            message=f"{by}, {first} and {more} more." if more else f"{by}.",
            data=_data(numbers),
            priority=priority,
        )


def _by_agent(cases: Iterable[Case | DueCase]) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = defaultdict(list)
    for case in cases:
        if case.assigned_to is not None:
            grouped[case.assigned_to].append(case.case_number)
    return grouped


def _data(numbers: Sequence[str]) -> dict[str, object]:
    return {"caseIds": list(numbers[:CASES_NAMED])} if len(numbers) > 1 else {"caseId": numbers[0]}


async def remind(session: AsyncSession, today: date) -> int:
    """Notify every agent of their open cases that fall due in five days; how many agents there were."""
    due = today + timedelta(days=REMIND_DAYS_BEFORE)
    agents = _by_agent(await db.fetch_all(session, DueCase, _DUE, {"due": due}))
    for agent, numbers in agents.items():
        several = len(numbers) > 1
        await notifications.notify(
            session,
            agent,
            type="reminder",
            title=f"{len(numbers)} cases are due in {REMIND_DAYS_BEFORE} days"
            if several
            else f"{numbers[0]} is due in {REMIND_DAYS_BEFORE} days",
            message=f"Due on {due:%d/%m/%Y} and not renewed yet.",
            data={**_data(numbers), "dueDate": due.isoformat()},
            priority="high",
        )
    return len(agents)


_FOLLOW_UPS: Final = """
update renewal_cases c set follow_up_reminded_on = %(today)s
where c.closed_at is null and c.next_follow_up_date <= %(today)s and c.assigned_to is not null
  and (c.follow_up_reminded_on is null or c.follow_up_reminded_on < c.next_follow_up_date)
returning c.assigned_to, c.case_number
"""


async def remind_follow_ups(session: AsyncSession, today: date) -> int:
    """Notify every agent of the follow-ups that are due today or were missed, once for each date; how many agents."""
    agents = _by_agent(await db.fetch_all(session, DueCase, _FOLLOW_UPS, {"today": today}))
    for agent, unsorted in agents.items():
        numbers = sorted(unsorted)
        several = len(numbers) > 1
        await notifications.notify(
            session,
            agent,
            type="reminder",
            title=f"{len(numbers)} follow-ups are due" if several else f"{numbers[0]}: follow-up is due",
            message=f"Due on {today:%d/%m/%Y} or before: {', '.join(numbers[:5])}{' ...' if len(numbers) > 5 else ''}.",
            data={**_data(numbers), "dueDate": today.isoformat()},
            priority="high",
        )
    return len(agents)
