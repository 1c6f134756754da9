"""The ledger moves forward only, whatever the order and number of the news."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.delivery.ledger import News
from tests.factories.ledger import START, row, written
from tests.factories.stored import read_rows, read_value


async def apply(news: Sequence[News]) -> None:
    async with unit_of_work() as session:
        await ledger.apply(session, news)


STORY = ("sent", "failed", "bounced", "delivered", "opened", "clicked", "replied", None)
stories = st.lists(
    st.tuples(st.sampled_from(STORY), st.integers(0, 300), st.booleans()),
    min_size=1,
    max_size=12,
    unique_by=lambda e: e[:2],
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories, seed=st.integers(0, 10_000))
def test_shuffled_and_repeated_news_end_in_the_same_row(
    resources: Resources, story: list[tuple[str | None, int, bool]], seed: int
) -> None:
    async def compare() -> None:
        client_id = await _client()
        first, second = await written(client_id, 2)
        dice = random.Random(seed)

        def told(number: int) -> list[News]:
            return [
                News(
                    status, START + timedelta(seconds=after), message_id=number, error_code=status, unsubscribed=stopped
                )
                for status, after, stopped in story
            ]

        await apply(told(first))
        shuffled = told(second) * 2
        dice.shuffle(shuffled)
        while shuffled:
            size = dice.randint(1, len(shuffled))
            await apply(shuffled[:size])
            shuffled = shuffled[size:]
        assert _without_error(await row(first)) == _without_error(await row(second))

    _run(compare)


def _without_error(found: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in found.items() if key != "error_code"}


def _run(make) -> None:  # hypothesis calls us outside of pytest-asyncio's loop
    asyncio.get_event_loop_policy().get_event_loop().run_until_complete(make())


async def _client() -> int:
    async with unit_of_work() as session:
        number: int = await read_value(session, "select min(id) from clients")
    return number


async def test_what_the_door_kept_in_never_moves(client_id: int) -> None:
    (number,) = await written(client_id, status="blocked")
    await apply([News("delivered", START, message_id=number)])
    assert (await row(number))["status"] == "blocked"


async def test_a_late_delivery_beats_unknown_and_a_failure_does_not_beat_a_delivery(client_id: int) -> None:
    (number,) = await written(client_id)
    await apply([News("unknown", START, message_id=number)])
    await apply([News("delivered", START, message_id=number)])
    await apply([News("failed", START, message_id=number, error_code="30003")])
    assert (await row(number))["status"] == "delivered"


async def test_an_unknown_status_moves_nothing(client_id: int) -> None:
    (number,) = await written(client_id)
    await apply([News(None, START, message_id=number)])
    assert (await row(number))["status"] == "sending"


async def test_news_find_their_row_by_the_vendors_number(client_id: int) -> None:
    (number,) = await written(client_id)
    await apply([News("sent", START, message_id=number, vendor_message_id="SM1")])
    await apply([News("delivered", START, vendor_message_id="SM1"), News("delivered", START, vendor_message_id="SM2")])
    assert (await row(number))["status"] == "delivered"


async def test_single_messages_of_a_dead_worker_become_unknown(client_id: int) -> None:
    old, young, of_campaign = await written(client_id, 3)
    age = (
        "update communication_delivery_status set (created_at, last_attempt_at)"
        " = (select t, t from (select now() - %(age)s::interval) moment (t)) where id = any(%(ids)s)"
    )
    async with unit_of_work() as session:
        await db.execute(session, age, {"age": "1 hour", "ids": [old, of_campaign]})
        await db.execute(session, age, {"age": "0", "ids": [young]})
        await db.execute(
            session,
            "with made as (insert into campaigns (client_id, name, campaign_type, channels) values (1, 'C', 'multi', '{email}') returning id)"
            " update communication_delivery_status set campaign_id = made.id from made where communication_delivery_status.id = %(id)s",
            {"id": of_campaign},
        )
        changes = await ledger.abandon_single(session, datetime.now(UTC) - timedelta(minutes=5))
    assert [change.message_id for change in changes] == [old]


async def test_a_message_that_was_kept_back_counts_nowhere(client_id: int) -> None:
    back, left = await written(client_id, 2)
    await apply([News("sent", START, message_id=left)])
    async with unit_of_work() as session:
        await ledger.keep_back(session, [(number, "held", "Called back.") for number in (back, left)])
        kept, gone = await read_rows(
            session, "select status, error_code, attempts from communication_delivery_status order by id"
        )
    assert kept == {"status": "blocked", "error_code": "held", "attempts": 0}
    assert gone["status"] == "sent"
