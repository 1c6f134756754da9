"""What was claimed is not what was handed over: only the latter is in doubt after a crash, and only its holder may send it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.vendor import VendorError
from py360.modules.messaging import api
from py360.modules.messaging.api import Admitted, Delivery, Outgoing
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.delivery.hand_over import BatchHandOver, HandOverLog
from py360.modules.messaging.vendors.base import failure, sent, withheld
from py360.modules.providers import api as providers


@dataclass(frozen=True, slots=True)
class Row:
    """A message in the ledger."""

    status: str
    is_handed_over: bool
    vendor_message_id: str | None
    error_code: str | None


async def admitted(client_id: int, number: int, channel: Literal["email", "sms"] = "sms") -> list[Admitted]:
    """So many messages that the send gate let through."""
    async with unit_of_work() as session:
        account = await providers.account(session, client_id, channel)
        batch = [Outgoing(client_id, channel, f"+9198765{each:05}", body="x") for each in range(number)]
        decisions = await api.admit(session, batch, account)
    return [each for each in decisions if isinstance(each, Admitted)]


async def rows(messages: Sequence[Admitted]) -> list[Row]:
    async with unit_of_work() as session:
        return await db.fetch_all(
            session,
            Row,
            "select status, handed_over_at is not null as is_handed_over, vendor_message_id, error_code"
            " from communication_delivery_status where id = any(%(ids)s) order by id",
            {"ids": [each.message_id for each in messages]},
        )


def hand_over(may_send: bool = True) -> BatchHandOver:
    return BatchHandOver(HandOverLog(), lambda message: may_send)


async def test_answer_and_next_hand_over_are_written_together(client_id: int) -> None:
    first, second, third = await admitted(client_id, 3)
    log = hand_over()
    assert await log.exchange(None, first)
    assert [row.is_handed_over for row in await rows([first, second, third])] == [True, False, False]
    assert await log.exchange(sent(first, "SM1", None), second)
    assert await rows([first, second, third]) == [
        Row("sent", True, "SM1", None),
        Row("sending", True, None, None),
        Row("sending", False, None, None),
    ]
    assert log.recorded == {first.message_id}


async def test_only_messages_handed_over_are_in_doubt_after_a_crash(client_id: int) -> None:
    claimed, on_its_way, answered = await admitted(client_id, 3)
    log = hand_over()
    assert await log.exchange(None, answered)
    assert await log.exchange(sent(answered, "SM1", None), on_its_way)
    async with unit_of_work() as session:
        await api.abandon(session, [each.message_id for each in (claimed, on_its_way, answered)])
    assert await rows([claimed, on_its_way, answered]) == [
        Row("blocked", False, None, "withheld"),
        Row("unknown", True, None, "worker_died"),
        Row("sent", True, "SM1", None),
    ]


async def test_single_messages_that_never_left_are_told_as_not_sent(client_id: int) -> None:
    claimed, on_its_way = await admitted(client_id, 2)
    assert await hand_over().exchange(None, on_its_way)
    async with unit_of_work() as session:
        await ledger.abandon_single(session, datetime.now(UTC) + timedelta(minutes=1))
    assert [row.status for row in await rows([claimed, on_its_way])] == ["blocked", "unknown"]


async def test_a_worker_that_slept_past_its_lease_hands_nothing_over(client_id: int) -> None:
    slept, on_its_way = await admitted(client_id, 2)
    log = hand_over()
    assert await log.exchange(None, on_its_way)
    async with unit_of_work() as session:
        await api.abandon(session, [slept.message_id, on_its_way.message_id])
    assert not await log.exchange(None, slept)
    await log.exchange(withheld(slept), None)
    await log.exchange(sent(on_its_way, "SM9", None), None)  # its answer is the batch's to record
    assert log.recorded == set()
    assert [row.status for row in await rows([slept, on_its_way])] == ["blocked", "unknown"]


async def test_a_message_is_handed_over_once(client_id: int) -> None:
    (message,) = await admitted(client_id, 1)
    log = HandOverLog()
    outcomes = await asyncio.gather(*(BatchHandOver(log, lambda each: True).exchange(None, message) for _ in range(5)))
    assert outcomes.count(True) == 1
    assert not await hand_over().exchange(None, message)


@pytest.mark.parametrize("answer", ["withheld", "refused", "put off"])
async def test_what_the_vendor_surely_did_not_take_is_claimed_again(client_id: int, answer: str) -> None:
    (message,) = await admitted(client_id, 1)
    log = hand_over()
    assert await log.exchange(None, message)
    answers: dict[str, Delivery] = {
        "withheld": withheld(message),
        "refused": failure(message, VendorError("no", code="21211", permanent=True)),
        "put off": failure(message, VendorError("later", code="452")),
    }
    await log.exchange(answers[answer], None)
    assert await rows([message]) == [Row("sending", False, None, None)]
    assert log.recorded == set()


async def test_a_message_withdrawn_while_it_is_handed_over_does_not_leave(client_id: int) -> None:
    (message,) = await admitted(client_id, 1)
    assert not await hand_over(may_send=False).exchange(None, message)


async def test_a_vendor_that_numbers_two_messages_alike_stops_nobody(client_id: int) -> None:
    messages = await admitted(client_id, 3)
    log = hand_over()
    for message in messages:
        assert await log.exchange(None, message)
    await asyncio.gather(*(log.exchange(sent(message, "SM-same", None), None) for message in messages))
    found = await rows(messages)
    assert [row.status for row in found] == ["sent"] * 3
    assert sorted(row.vendor_message_id or "" for row in found) == ["", "", "SM-same"]
