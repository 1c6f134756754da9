"""A small book of business: policy rows merged and opened exactly as an upload does it."""

from datetime import date, timedelta
from typing import Any

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from py360.modules.cases import api as cases
from py360.modules.customers import api as customers
from tests.factories.stored import Row, read_rows

COLUMNS = (
    "row_no", "client_id", "policy_number", "customer_code", "first_name", "last_name", "email", "phone", "pan", "policy_type",
    "product_name", "premium_amount", "renewal_amount", "start_date", "end_date", "renewal_date", "payment_frequency",
    "agent_id", "branch_id",
)  # fmt: skip


def row(number: int = 1, **over: Any) -> dict[str, Any]:
    """One cleaned row of a policy file; due 30 days from today unless the request says otherwise."""
    due = over.pop("due", None) or resources.current().clock.today() + timedelta(days=30)
    said = {
        "row_no": number,
        "client_id": 1,
        "policy_number": f"POL-{number:05d}",
        "customer_code": f"C{number:05d}",
        "first_name": "Asha",
        "last_name": f"Sharma {number}",
        "email": f"asha{number}@example.com",
        "phone": f"+9198{number:08d}",
        "pan": None,
        "policy_type": "motor",
        "product_name": "Private Car",
        "premium_amount": 12000,
        "renewal_amount": 12500,
        "start_date": _year_before(due),
        "end_date": due,
        "renewal_date": due,
        "payment_frequency": "annual",
        "agent_id": None,
        "branch_id": None,
    }
    return said | over


def _year_before(due: date) -> date:
    return due - timedelta(days=364)


async def merge(*rows: dict[str, Any]) -> list[Row]:
    """Merge rows as one chunk of a file; the staging rows afterwards, with their outcomes."""
    names = ", ".join(COLUMNS)
    values = ", ".join(f"%({name})s" for name in COLUMNS)
    async with unit_of_work() as session:
        await db.execute(session, "create temp table staging (like upload_staging including defaults) on commit drop")
        for one in rows:
            await db.execute(session, f"insert into staging ({names}) values ({values})", one)
        clock = resources.current().clock
        await customers.merge(session, "staging")
        said = {"batch_id": None, "created": "From the tests' file", "now": clock.now(), "today": clock.today()}
        await cases.open(session, "staging", **said)
        return await read_rows(session, "select * from staging order by row_no")
