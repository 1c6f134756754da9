"""Every list asks the database a few questions, however long it is."""

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.house.book import statements_of_the_book
from tests.house.source import shipped_description

MOST = 5  # statements of one call: what the list is of, its page, its total, and what is beside it
LONG = 20

ONE = {
    "request_id": "1001",
    "application_id": "2001",
    "assessment_id": "3001",
    "email_id": "EMAIL-1001",
    "audience_id": "1001",
    "campaign_id": "2001",
    "case": "CASE-1001",
    "case_id": "CASE-1001",
    "customer": "1001",
    "upload_id": "1001",
    "statement_id": "1001",
    "mandate_id": "mandate-1001",
}
WHOLE = (  # lists that come whole
    "/api/hierarchy",
    "/api/hierarchy/1001/members",
    "/api/teams/1001/members",
    "/api/dnc/1001/history",
    "/api/templates/export",
)
ASKED = {
    "/api/logs": {"type": "caseId", "value": "CASE-1001"},
    "/api/files": {"entityType": "case", "entityId": "CASE-1001"},
}
NARROWED = (  # filters that need other tables than the list itself
    ("/api/campaigns", {"view": "parent"}),
    ("/api/campaigns", {"view": "parent", "performance": "high"}),
)


def lists() -> list[str]:
    """The paths of everything that is read page by page."""
    return [
        path
        for path, methods in shipped_description()["paths"].items()
        if any(each.get("name") == "limit" for each in methods.get("get", {}).get("parameters", ()))
    ]


async def test_a_long_list_costs_no_more_statements_than_a_short_one(
    as_admin: httpx.AsyncClient, statements: list[str]
) -> None:
    async with unit_of_work() as session:
        for statement in statements_of_the_book(LONG):
            await db.execute(session, statement)

    async def ask(path: str, limit: int, params: dict[str, str] | None = None) -> tuple[int, list[str]]:
        """How many rows the list then has, and the statements it took."""
        statements.clear()
        answer = await as_admin.get(path.format(**ONE), params={"limit": limit, **(params or {})})
        assert answer.status_code == 200, (path, answer.text)
        data = answer.json()["data"]
        rows = data if isinstance(data, list) else next(value for value in data.values() if isinstance(value, list))
        # The session is read again after a second, so on a busy machine some calls have that statement and some do not.
        return len(rows), [statement for statement in statements if "from user_sessions" not in statement]

    wrong = []
    for path, params in (*((path, ASKED.get(path)) for path in lists()), *NARROWED):
        await ask(path, 1, params)  # what is prepared or remembered once
        short, few = await ask(path, 1, params)
        long, many = await ask(path, LONG, params)
        if (short, long) != (1, LONG):
            wrong.append(f"{path} has {short} and {long} rows: tests/house/book.py lacks some")
        elif len(many) > min(len(few), MOST):
            wrong.append(f"{path} takes {len(few)} statements for one row and {len(many)} for {LONG}: {many}")
    for path in WHOLE:
        long, many = await ask(path, LONG)
        if long < LONG or len(many) > MOST:
            wrong.append(f"{path} takes {len(many)} statements for {long} rows: {many}")
    assert not wrong, "\n".join(wrong)
