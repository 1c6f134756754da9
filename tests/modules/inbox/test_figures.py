"""The figures of the desk by the formulas given (domain reference, 16.5, 16.6 and 12.6), over mails whose sums are known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from tests.modules.conftest import AsRole

NOON = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)  # noon in India, a Wednesday
_MAIL = """
insert into emails (client_id, message_id, direction, from_email, to_email, subject, received_at, category, status, resolved_at,
  sla_deadline, first_reply_at, sentiment_label, sentiment_score, assigned_to, folder, is_automatic)
values (%(client)s, gen_random_uuid()::text, 'inbound', 'asha@customer.example', 'desk@office.example', 'x', %(at)s, %(category)s,
  %(status)s, %(resolved)s, %(deadline)s, %(replied)s, %(mood)s, %(score)s, %(agent)s, %(folder)s, %(automatic)s)
"""


async def add(client_id: int, days_ago: float, status: str = "new", **more: Any) -> None:
    """A mail of some days ago. Hours: `resolved`, `deadline` and `replied` after it arrived."""
    at = NOON - timedelta(days=days_ago)
    hours = {
        name: at + timedelta(hours=more.pop(name)) if name in more else None
        for name in ("resolved", "deadline", "replied")
    }
    values = {
        "category": "complaint",
        "mood": None,
        "score": None,
        "agent": None,
        "folder": "inbox",
        "automatic": False,
    } | more
    async with unit_of_work() as session:
        await db.execute(session, _MAIL, {"client": client_id, "at": at, "status": status, **hours, **values})


@pytest.fixture
def noon(clock: FixedClock) -> None:
    """It is noon, before anybody signs in."""
    clock.moment = NOON


@pytest_asyncio.fixture
async def mails(noon: None, client_id: int) -> int:
    """Six mails of the last week, two of the week before, and what counts nowhere."""
    async with unit_of_work() as session:
        agent = await db.fetch_only(session, int, "select min(id) from users")
    await add(client_id, 0.1, deadline=48)  # today; in time, and not close to it
    await add(client_id, 1, deadline=26)  # two hours are left: close to it
    await add(client_id, 2, deadline=4)  # open, and too late
    await add(client_id, 3, "archived", deadline=4)  # nobody owes an answer
    await add(
        client_id, 4, "resolved", resolved=6, deadline=4, replied=2, agent=agent, mood="negative", score=-0.5
    )  # late
    await add(
        client_id,
        5,
        "closed",
        resolved=2,
        deadline=4,
        replied=1,
        agent=agent,
        category="refund",
        mood="positive",
        score=0.9,
    )
    await add(client_id, 8, "resolved", resolved=1, deadline=4, replied=1)
    await add(client_id, 9, deadline=4)
    await add(client_id, 1, automatic=True, agent=agent)
    await add(client_id, 1, folder="spam", agent=agent)
    return agent


async def test_dashboard_counts_by_its_formulas(mails: int, as_admin: httpx.AsyncClient) -> None:
    found = (await as_admin.get("/api/emails/dashboard")).json()["data"]
    assert found["cards"] == {
        "totalToday": 1, "new": 3, "inProgress": 0, "resolved": 2, "escalated": 0, "slaBreaches": 2,
    }  # fmt: skip
    assert found["alert"] is True
    assert (found["categoryCounts"]["complaint"], found["categoryCounts"]["refund"]) == (5, 1)
    assert (found["weekTotal"], found["dailyAverage"]) == (6, 1)
    assert {each["day"]: each["complaint"] + each["refund"] for each in found["byWeekday"]} == {
        "Mon": 1, "Tue": 1, "Wed": 1, "Thu": 0, "Fri": 1, "Sat": 1, "Sun": 1,
    }  # fmt: skip
    assert found["sla"] == {"within": 66.7, "breached": 33.3}
    (agent,) = found["agents"]
    assert (agent["assigned"], agent["completed"], agent["pending"], agent["efficiency"]) == (2, 2, 0, 100.0)
    closed = (await as_admin.get("/api/emails/dashboard", params={"status": "Closed", "category": "refund"})).json()[
        "data"
    ]
    assert sum(closed["categoryCounts"].values()) == 1
    in_progress = (await as_admin.get("/api/emails/dashboard", params={"status": "in-progress"})).json()["data"]
    assert sum(in_progress["categoryCounts"].values()) == 0
    refused = await as_admin.get("/api/emails/dashboard", params={"status": "sleeping"})
    assert refused.status_code == 422


async def test_analytics_count_by_their_formulas(mails: int, as_admin: httpx.AsyncClient) -> None:
    found = (await as_admin.get("/api/emails/analytics", params={"range": "7days"})).json()["data"]
    assert found["overview"] == {
        "totalEmails": {"value": 6, "change": 200.0},
        "resolvedEmails": {"value": 2, "change": 100.0},
        "avgResponseTime": {"value": 1.5, "change": 50.0},
        "customerSatisfaction": {"value": 3.4, "change": None},
    }
    assert found["sla"] == {"withinSLA": 50.0, "nearingSLA": 16.7, "breachedSLA": 33.3, "overallCompliance": 66.7}
    complaint, refund = (
        next(each for each in found["categories"] if each["category"] == name) for name in ("complaint", "refund")
    )
    assert (complaint["count"], complaint["percentage"], complaint["avgResolutionTime"], complaint["trend"]) == (
        5,
        83.3,
        6.0,
        "up",
    )
    assert (refund["count"], refund["percentage"], refund["avgResolutionTime"], refund["trend"]) == (1, 16.7, 2.0, "up")
    assert [each["received"] for each in found["daily"]] == [0, 1, 1, 1, 1, 1, 1]
    assert sum(each["resolved"] for each in found["daily"]) == 2
    (agent,) = found["agents"]
    assert (agent["emailsHandled"], agent["avgResponseTime"], agent["resolutionRate"]) == (2, 1.5, 100.0)
    assert (agent["customerRating"], agent["efficiency"]) == (3.4, "excellent")
    assert found["sentiment"] == {"positive": 50.0, "neutral": 0.0, "negative": 50.0}


async def test_bulk_mail_has_its_rates_of_delivered_and_their_change(
    noon: None, client_id: int, as_admin: httpx.AsyncClient
) -> None:
    async with unit_of_work() as session:
        template = await db.fetch_only(session, int, "select min(id) from templates where template_type = 'email'")
        for days_ago, sent, delivered, opened, clicked in ((1, 10, 8, 4, 2), (8, 5, 5, 1, 0)):
            params = {
                "client": client_id, "at": NOON - timedelta(days=days_ago), "sent": sent, "delivered": delivered, "opened": opened,
                "clicked": clicked, "template": template, "user": None,
            }  # fmt: skip
            await db.execute(session, _BULK, params)
    found = (await as_admin.get("/api/emails/analytics", params={"range": "7days"})).json()["data"]
    bulk = found["bulk"]
    assert (bulk["campaigns"], bulk["recipients"], bulk["sent"], bulk["sentChange"]) == (1, 10, 10, 100.0)
    assert (bulk["deliveryRate"], bulk["openRate"], bulk["clickRate"]) == (80.0, 50.0, 25.0)
    assert (bulk["deliveryRateChange"], bulk["openRateChange"], bulk["clickRateChange"]) == (-20.0, 150.0, None)
    (recent,) = bulk["recent"]
    assert (recent["recipients"], recent["opened"], recent["openRate"]) == (10, 4, 50.0)
    (used,) = found["templates"]
    assert (used["usage"], used["avgOpenRate"], used["avgClickRate"]) == (10, 50.0, 25.0)
    assert (found["automation"]["templatesUsed"], found["automation"]["avgTemplateEffectiveness"]) == (1, 50.0)


async def test_bulk_mail_and_templates_count_within_the_callers_reach(
    noon: None, client_id: int, as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    author, above, beside = [await as_role("manager") for _ in range(3)]
    async with unit_of_work() as session:
        template = await db.fetch_only(session, int, "select min(id) from templates where template_type = 'email'")
        for node, path, who in ((8001, "8001", above), (8002, "8001.8002", author), (8003, "8003", beside)):
            params = {"client": client_id, "node": node, "path": path, "user": who.user["id"]}
            await db.execute(session, _HOME, params)
        params = {
            "client": client_id, "at": NOON - timedelta(days=1), "sent": 4, "delivered": 4, "opened": 2, "clicked": 1,
            "template": template, "user": author.user["id"],
        }  # fmt: skip
        await db.execute(session, _BULK, params)
    (bulk,) = (await as_admin.get("/api/emails/bulk")).json()["data"]["campaigns"]
    for who, seen in ((as_admin, True), (author, True), (above, True), (beside, False)):
        report = (await who.get("/api/emails/analytics", params={"range": "7days"})).json()["data"]
        assert (report["bulk"]["recipients"], len(report["bulk"]["recent"])) == ((4, 1) if seen else (0, 0))
        assert [each["usage"] for each in report["templates"]] == ([4] if seen else [])
        assert len((await who.get("/api/emails/bulk")).json()["data"]["campaigns"]) == seen
        progress = await who.get(f"/api/emails/bulk/{bulk['id']}/progress")
        assert progress.status_code == (200 if seen else 404)


_HOME = """
with node as (
  insert into organizational_hierarchy (id, client_id, name, type, path)
  values (%(node)s, %(client)s, 'Team ' || %(node)s, 'team', %(path)s::ltree) returning id
)
insert into user_home_nodes (user_id, node_id, valid_from) select %(user)s, id, '2020-01-01' from node
"""
_BULK = """
with bulk as (
  insert into email_bulk_campaigns (client_id, name, status, recipient_count, created_at, created_by)
  values (%(client)s, 'Notices', 'completed', %(sent)s, %(at)s, %(user)s) returning id
), messages as (
  insert into communication_delivery_status (client_id, communication_type, recipient_contact, status, template_id, created_at,
    sent_at, delivered_at, opened_at, clicked_at, sent_by)
  select %(client)s, 'email', n || '@customer.example', 'sent', %(template)s, %(at)s, %(at)s,
    case when n <= %(delivered)s then %(at)s::timestamptz end, case when n <= %(opened)s then %(at)s::timestamptz end,
    case when n <= %(clicked)s then %(at)s::timestamptz end, %(user)s
  from generate_series(1, %(sent)s) n returning id, recipient_contact
)
insert into email_bulk_recipients (campaign_id, email, name, status, message_id)
select bulk.id, recipient_contact, 'x', 'sent', messages.id from bulk, messages
"""
