"""There is one way to change the status of a case: whoever changes it, history, events and live updates follow."""

import re

import orjson

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.cases import api
from tests.factories.book import merge, row
from tests.house.source import SOURCE
from tests.modules.conftest import AsRole

_SETS_STATUS = re.compile(r"update renewal_cases\b[^\"]*?\sset\b[^\"]*?[\s(,]status\s*=", re.DOTALL)


def test_only_the_lifecycle_sets_the_status() -> None:
    folder = SOURCE / "modules" / "cases"
    found = {
        str(path.relative_to(folder))
        for path in (*folder.rglob("*.py"), *folder.rglob("*.sql"))
        if any(_SETS_STATUS.search(part) for part in path.read_text().split('"""'))
    }
    assert found == {"service/lifecycle.py"}


async def test_file_that_names_an_agent_assigns_the_case_and_undoing_it_moves_it_back(
    resources: Resources, as_role: AsRole, rows
) -> None:
    agent = (await as_role("agent")).user["id"]
    await merge(row(1))
    async with unit_of_work() as session:
        await db.execute(session, "drop table if exists staging")
    (staged,) = await merge(row(1, agent_id=agent))
    (case,) = await rows("select id, status, assigned_to from renewal_cases")
    assert (case["status"], case["assigned_to"]) == ("assigned", agent)
    lines = "select action, old_status, new_status from case_history where case_id = %(id)s order by id desc limit 1"
    assert await rows(lines, id=case["id"]) == [
        {"action": "Assigned", "old_status": "validated", "new_status": "assigned"}
    ]
    async with unit_of_work() as session:
        await db.execute(
            session,
            "create temp table undo (row_no int, case_id bigint, case_is_new boolean, previous jsonb, kept text) on commit drop",
        )
        await db.execute(
            session,
            "insert into undo select 1, %(case)s, false, %(previous)s::jsonb, null",
            {"case": case["id"], "previous": orjson.dumps(staged["previous"]).decode()},
        )
        assert await api.undo_import(session, "undo", resources.clock.now()) == 0
    (now,) = await rows("select status, assigned_to from renewal_cases")
    assert now == {"status": "validated", "assigned_to": None}
    (line,) = await rows(lines, id=case["id"])
    assert (line["old_status"], line["new_status"]) == ("assigned", "validated")
