"""What an agent is told about their cases in the application (domain reference, 22), one notice however many they are."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.notifications import api as notifications

REMIND_DAYS_BEFORE: Final = 5
_MOST_NAMED: Final = 100
_DUE: Final = """
select c.assigned_to, c.case_number from renewal_cases c
where c.closed_at is null and c.due_date = %(due)s and c.assigned_to is not null
order by c.id
"""


async def changed(
    session: AsyncSession,
    cases: Sequence[db.Row],
    what: str,
    by: str,
    *,
    but: int | None = None,
    priority: Literal["medium", "high"] = "medium",
) -> None:
    """Tell the cases' agents, except the one (`but`) who did it, that `what` is so now, and by whom."""
    for agent, numbers in _by_agent([(case["assigned_to"], case["case_number"]) for case in cases], but).items():
        first, more = numbers[0], len(numbers) - 1
        await notifications.notify(
            session,
            agent,
            type="update",
            title=f"{len(numbers)} of your cases: {what}" if more else f"{first}: {what}",
            message=f"{by}, {first} and {more} more." if more else f"{by}.",
            data=_data(numbers),
            priority=priority,
        )


def _by_agent(pairs: Sequence[tuple[int | None, str]], but: int | None) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for agent, number in pairs:
        if agent is not None and agent != but:
            found[agent].append(number)
    return found


def _data(numbers: Sequence[str]) -> dict[str, object]:
    return {"caseIds": list(numbers[:_MOST_NAMED])} if len(numbers) > 1 else {"caseId": numbers[0]}


async def remind(session: AsyncSession, today: date) -> int:
    """Tell every agent which of their open cases fall due in five days; how many agents were told."""
    due = today + timedelta(days=REMIND_DAYS_BEFORE)
    rows = await db.all(session, _DUE, {"due": due})
    agents = _by_agent([(row["assigned_to"], row["case_number"]) for row in rows], None)
    for agent, numbers in agents.items():
        await notifications.notify(
            session,
            agent,
            type="reminder",
            title=f"{len(numbers)} cases are due in {REMIND_DAYS_BEFORE} days"
            if len(numbers) > 1
            else f"{numbers[0]} is due in {REMIND_DAYS_BEFORE} days",
            message=f"Due on {due:%d/%m/%Y} and not renewed yet.",
            data={**_data(numbers), "dueDate": due.isoformat()},
            priority="high",
        )
    return len(agents)
