"""Rows of the message ledger."""

from datetime import UTC, datetime

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.delivery.ledger import Entry
from tests.factories.accounts import sandbox_account
from tests.factories.stored import read_row

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


COLUMNS = "status, sent_at, delivered_at, opened_at, clicked_at, replied_at, unsubscribed_at, error_code"


def entry(status: str = "sending") -> Entry:
    return Entry("email", "service", "a@example.com", status, None, None, None, None, None, None, None, None)


async def written(client_id: int, number: int = 1, status: str = "sending") -> list[int]:
    """Messages that a worker handed over."""
    account = await sandbox_account("email", client_id)
    async with unit_of_work() as session:
        numbers = await ledger.write(session, client_id, [entry(status)] * number, "mailgun", account, START)
        await db.execute(session, "update communication_delivery_status set handed_over_at = last_attempt_at")
    return numbers


async def row(number: int) -> dict[str, object]:
    async with unit_of_work() as session:
        found = await read_row(
            session, f"select {COLUMNS} from communication_delivery_status where id = %(id)s", {"id": number}
        )
    assert found is not None
    return found
