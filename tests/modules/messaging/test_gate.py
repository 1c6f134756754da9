"""The one send gate: every check, in order, for a whole batch."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict
from py360.modules.messaging import api
from py360.modules.messaging.api import Admitted, Decision, Deferred, Outgoing, Refused
from py360.modules.providers import api as providers
from py360.modules.templates import api as templates
from tests.factories.stored import read_rows, read_value
from tests.modules.messaging.conftest import AddCustomer

NOON = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)  # 12:00 in India
NIGHT = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)  # 22:30 in India
PHONES = [f"+9198765{number:05d}" for number in range(20)]


async def decide(client_id: int, batch: list[Outgoing], **more: Any) -> list[Decision]:
    async with unit_of_work() as session:
        sender = await providers.account(session, client_id, "sms")
        return await api.admit(session, batch, sender, **more)


def out(client_id: int, phone: str, purpose: templates.Purpose = "service", **more: Any) -> Outgoing:
    return Outgoing(client_id, "sms", phone, purpose, body="Hello", **more)


def reasons(decisions: list[Decision]) -> list[str]:
    return ["ok" if isinstance(each, Admitted) else each.reason for each in decisions]


async def consent(client_id: int, customer: int, state: str, purpose: str = "promotional") -> None:
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into consents (client_id, customer_id, channel, purpose, state, source)"
            " values (%(client)s, %(customer)s, 'sms', %(purpose)s, %(state)s, 'form')",
            {"client": client_id, "customer": customer, "purpose": purpose, "state": state},
        )


async def set_campaigns(client_id: int, values: str) -> None:
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into settings (client_id, section, values) values (%(c)s, 'campaigns', %(v)s)",
            {"c": client_id, "v": values},
        )


async def test_each_gets_its_own_reason_and_a_row(client_id: int, add_customer: AddCustomer, clock: FixedClock) -> None:
    clock.moment = NOON
    no_wish = await add_customer(phone=PHONES[0], preferences='{"sms": false}')
    stated = await add_customer(phone=PHONES[1], preferences='{"sms": true}')
    stopped = await add_customer(phone=PHONES[2])
    await consent(client_id, stopped, "opted_in", "service")
    await consent(client_id, stopped, "opted_out", "service")
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into suppressions (client_id, channel, contact, reason, expires_at) values"
            " (%(c)s, 'sms', %(a)s, 'stop', null), (%(c)s, 'sms', %(b)s, 'stop', '2026-01-01')",
            {"c": client_id, "a": PHONES[3], "b": PHONES[4]},
        )
        await db.execute(
            session,
            "insert into dnc_registry (client_id, customer_phone, dnc_type, is_active, effective_date, expiry_date) values"
            " (%(c)s, %(a)s, 'phone', true, '2026-01-01', null), (%(c)s, %(b)s, 'phone', false, '2026-01-01', null),"
            " (%(c)s, %(d)s, 'phone', true, '2026-01-01', '2026-11-25'), (%(c)s, %(e)s, 'phone', true, '2026-11-26', null)",
            {"c": client_id, "a": PHONES[5], "b": PHONES[6], "d": PHONES[7], "e": PHONES[8]},
        )
    batch = [
        out(client_id, PHONES[0], customer_id=no_wish),
        out(client_id, PHONES[1], customer_id=stated),
        out(client_id, PHONES[2], customer_id=stopped),
        *(out(client_id, phone) for phone in PHONES[3:9]),
        out(client_id, "12"),
    ]
    decisions = await decide(client_id, batch)
    expected = ["opted_out", "ok", "opted_out", "suppressed", "ok", "dnc", "ok", "ok", "ok", "invalid_contact"]
    assert reasons(decisions) == expected
    async with unit_of_work() as session:
        rows = await read_rows(session, "select id, status, error_code from communication_delivery_status order by id")
    assert [row["id"] for row in rows] == [each.message_id for each in decisions if not isinstance(each, Deferred)]
    assert [row["error_code"] or "ok" for row in rows] == expected
    assert {row["status"] for row in rows} == {"sending", "blocked"}


async def test_promotions_wait_for_the_window_and_service_does_not(
    client_id: int, add_customer: AddCustomer, clock: FixedClock
) -> None:
    clock.moment = NIGHT
    willing = await add_customer(phone=PHONES[0])
    await consent(client_id, willing, "opted_in")
    batch = [out(client_id, PHONES[0], "promotional", customer_id=willing), out(client_id, PHONES[1])]
    first, second = await decide(client_id, batch)
    assert isinstance(first, Deferred)
    assert (first.reason, first.until) == ("outside_hours", datetime(2026, 11, 26, 4, 30, tzinfo=UTC))
    assert isinstance(second, Admitted)
    clock.moment = NOON
    assert reasons(await decide(client_id, batch[:1])) == ["ok"]


async def test_a_promotional_opt_out_leaves_service_alone(client_id: int, add_customer: AddCustomer) -> None:
    customer = await add_customer(phone=PHONES[0])
    await consent(client_id, customer, "opted_out")
    assert reasons(await decide(client_id, [out(client_id, PHONES[0], customer_id=customer)])) == ["ok"]


async def test_the_cap_counts_a_day(client_id: int, clock: FixedClock) -> None:
    clock.moment = NOON
    await set_campaigns(client_id, '{"serviceCapPerDay": 2}')
    batch = [out(client_id, PHONES[0])] * 3 + [out(client_id, PHONES[1])]
    assert reasons(await decide(client_id, batch)) == ["ok", "ok", "frequency_cap", "ok"]
    assert reasons(await decide(client_id, batch[:1])) == ["frequency_cap"]
    clock.moment = datetime(2026, 11, 26, 6, 31, tzinfo=UTC)
    assert reasons(await decide(client_id, batch[:1])) == ["ok"]


async def test_the_budget_is_kept(client_id: int) -> None:
    batch = [out(client_id, phone) for phone in PHONES[:4]]
    decisions = await decide(client_id, batch, budget_left=Decimal("0.11"))  # an SMS costs 0.05
    assert reasons(decisions) == ["ok", "ok", "budget", "budget"]
    assert all(isinstance(each, Deferred) for each in decisions[2:])
    async with unit_of_work() as session:
        assert await read_value(session, "select sum(cost) from communication_delivery_status") == Decimal("0.10")


async def test_each_part_of_a_text_is_paid(client_id: int) -> None:
    long = Outgoing(client_id, "sms", PHONES[0], body="x" * 161)
    assert reasons(await decide(client_id, [long], budget_left=Decimal("0.09"))) == ["budget"]
    assert reasons(await decide(client_id, [long], budget_left=Decimal("0.10"))) == ["ok"]


async def test_quota_and_rate_make_the_rest_wait(client_id: int) -> None:
    async with unit_of_work() as session:
        await db.execute(session, "update providers set daily_limit = 3, rate_limit = 100 where channel = 'sms'")
    batch = [out(client_id, phone) for phone in PHONES[:5]]
    decisions = await decide(client_id, batch)
    assert reasons(decisions) == ["ok", "ok", "ok", "quota", "quota"]
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from communication_delivery_status") == 3
        await db.execute(session, "update providers set daily_limit = null, rate_limit = 2 where channel = 'sms'")
    assert reasons(await decide(client_id, batch))[-3:] == ["rate_limited"] * 3


async def test_two_workers_together_keep_the_cap(client_id: int, clock: FixedClock) -> None:
    clock.moment = NOON
    await set_campaigns(client_id, '{"serviceCapPerDay": 1}')
    decided = await asyncio.gather(*(decide(client_id, [out(client_id, phone) for phone in PHONES]) for _ in range(4)))
    assert (
        sorted(reason for decisions in decided for reason in reasons(decisions)) == ["frequency_cap"] * 60 + ["ok"] * 20
    )


async def test_two_workers_together_keep_the_rates(client_id: int) -> None:
    async with unit_of_work() as session:
        await db.execute(session, "update providers set daily_limit = 50, rate_limit = 30 where channel = 'sms'")
    batch = [out(client_id, phone) for phone in PHONES]
    decided = await asyncio.gather(*(decide(client_id, batch) for _ in range(4)))
    assert sum(reasons(decisions).count("ok") for decisions in decided) == 30
    assert {reason for decisions in decided for reason in reasons(decisions)} == {"ok", "rate_limited"}


async def campaign_of(client_id: int) -> int:
    async with unit_of_work() as session:
        parent = await read_value(
            session,
            "insert into campaigns (client_id, name, campaign_type, channels) values (%(c)s, 'May', 'multi', '{sms}') returning id",
            {"c": client_id},
        )
        number: int = await read_value(
            session,
            "insert into campaigns (client_id, parent_id, name, campaign_type, channels)"
            " values (%(c)s, %(p)s, 'May', 'sms', '{sms}') returning id",
            {"c": client_id, "p": parent},
        )
    return number


async def test_the_campaigns_of_an_hour(client_id: int, clock: FixedClock) -> None:
    await set_campaigns(client_id, '{"smsRateLimit": 50}')
    numbers = [await campaign_of(client_id), await campaign_of(client_id)]
    decided = await asyncio.gather(
        *(decide(client_id, [out(client_id, phone, campaign_id=number) for phone in PHONES]) for number in numbers * 2)
    )
    assert sum(reasons(decisions).count("ok") for decisions in decided) == 50
    (late,) = await decide(client_id, [out(client_id, PHONES[0], campaign_id=numbers[0])])
    assert isinstance(late, Deferred)
    assert (late.reason, timedelta(minutes=59) < late.until - clock.moment <= timedelta(hours=1)) == (
        "rate_limited",
        True,
    )
    assert "50 messages an hour by sms" in late.message
    assert reasons(await decide(client_id, [out(client_id, PHONES[0])])) == ["ok"]  # no campaign's


async def test_a_limit_is_not_charged_for_what_another_keeps_back(client_id: int) -> None:
    await set_campaigns(client_id, '{"smsRateLimit": 50}')
    number = await campaign_of(client_id)
    batch = [out(client_id, phone, campaign_id=number) for phone in PHONES]
    async with unit_of_work() as session:
        await db.execute(session, "update providers set rate_limit = 2 where channel = 'sms'")
    limited = [reasons(await decide(client_id, batch)).count("ok") for _ in range(3)]
    assert limited == [2, 0, 0]  # the minute's limit refuses; the hour's keeps its room
    async with unit_of_work() as session:
        await db.execute(session, "update providers set rate_limit = null where channel = 'sms'")
    assert [reasons(await decide(client_id, batch)).count("ok") for _ in range(3)] == [20, 20, 8]


async def test_what_the_office_asks_for_less(client_id: int, add_customer: AddCustomer, clock: FixedClock) -> None:
    clock.moment = NOON
    async with unit_of_work() as session:
        await db.execute(session, "update providers set dlt_entity_id = '1101' where channel = 'sms'")
    silent, willing = await add_customer(phone=PHONES[0]), await add_customer(phone=PHONES[1])
    unwilling = await add_customer(phone=PHONES[2])
    await consent(client_id, willing, "opted_in")
    await consent(client_id, unwilling, "opted_out")
    people = zip(PHONES, (silent, willing, unwilling), strict=False)
    batch = [out(client_id, phone, "promotional", customer_id=customer) for phone, customer in people]
    assert reasons(await decide(client_id, batch)) == ["no_opt_in", "dlt_unmatched", "opted_out"]
    await set_campaigns(client_id, '{"optInRequired": false, "dltTemplateRequired": false}')
    assert reasons(await decide(client_id, batch)) == ["ok", "ok", "opted_out"]


async def test_a_real_account_that_was_used_ends_the_sandbox(client_id: int) -> None:
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into providers (client_id, name, channel, type, is_active, last_used, config_encrypted)"
            " select client_id, 'Real', channel, type, false, now(), config_encrypted from providers where channel = 'sms'",
        )
    with pytest.raises(Conflict) as refused:
        await decide(client_id, [out(client_id, PHONES[0])])
    assert refused.value.code == "no_account"


async def test_a_check_that_fails_lets_nothing_through(client_id: int) -> None:
    async with unit_of_work() as session:
        await db.execute(session, "alter table dnc_registry rename to away")
    with pytest.raises(Exception, match="dnc_registry"):
        await decide(client_id, [out(client_id, PHONES[0])])
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from communication_delivery_status") == 0


async def test_a_batch_costs_few_statements(client_id: int) -> None:
    async with unit_of_work() as session:
        sender = await providers.account(session, client_id, "sms")
        connection = await db.connection(session)
        executed = 0
        original = connection.cursor

        def counting(*args: Any, **named: Any) -> Any:
            nonlocal executed
            executed += 1
            return original(*args, **named)

        connection.cursor = counting
        batch = [out(client_id, f"+9198{number:08d}") for number in range(500)]
        decisions = await api.admit(session, batch, sender)
        connection.cursor = original
    assert len(decisions) == 500
    assert executed <= 5
    assert not any(isinstance(each, Refused) for each in decisions)
