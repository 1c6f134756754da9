"""What recommendations achieve is measured against customers to whom nothing is recommended."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.modules.recommendations.jobs import note_conversions
from tests.factories.book import merge, row
from tests.factories.stored import read_rows
from tests.modules.conftest import AsRole

ADDRESS = "/api/ai/policy-recommendations"
_OWNERS = """
insert into customer_profiles (customer_id, client_id, annual_income, residence)
select id, client_id, 1200000, '{"ownership": "owned", "builtUpArea": 900}' from customers
"""
_END = """
update renewal_cases c set closed_at = %(now)s, status = case
  when (select r.held_out from recommendations r where r.customer_id = c.customer_id limit 1) and mod(c.id, 2) = 0
  then 'lapsed' else 'renewed' end
"""


async def hold_out(admin: httpx.AsyncClient, percent: int) -> None:
    answer = await admin.put("/api/settings/renewals", json={"recommendationHoldOut": percent})
    assert answer.status_code == 200, answer.text


async def owners(count: int, **over: Any) -> list[str]:
    """Customers with a good income and a house of their own, which nothing insures; a motor policy and its case each."""
    await merge(*(row(number, **over) for number in range(1, count + 1)))
    async with unit_of_work() as session:
        await db.execute(session, _OWNERS)
    return [f"C{number:05d}" for number in range(1, count + 1)]


async def recommended(person: httpx.AsyncClient, code: str) -> dict[str, Any]:
    answer = await person.post(ADDRESS, json={"customerId": code})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def bought(clock: FixedClock, *codes: str, **over: Any) -> None:
    """Each of these customers buys a home policy today; the job that notes it runs twice."""
    due = clock.today() + timedelta(days=364)
    await merge(
        *(
            row(
                int(code[1:]),
                policy_number=f"HOME-{code}",
                due=due,
                premium_amount=8_000,
                **{"policy_type": "home"} | over,
            )
            for code in codes
        )
    )
    for _ in range(2):
        await note_conversions(timestamp=0)


async def effect(person: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await person.get(f"{ADDRESS}/effectiveness", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_customers_held_out_are_shown_nothing_anywhere(as_admin: httpx.AsyncClient) -> None:
    codes = await owners(12)
    await hold_out(as_admin, 50)
    answers = {code: await recommended(as_admin, code) for code in codes}
    held = {code for code, each in answers.items() if each["heldOut"]}
    assert 2 <= len(held) <= 10
    for code, each in answers.items():
        types = [] if code in held else ["Critical Illness Insurance", "Home Insurance"]
        assert [one["type"] for one in each["recommendations"]] == types
        assert each["insight"]["observations"]
    listed = (await as_admin.get(ADDRESS, params={"limit": 100})).json()["data"]
    assert {each["customerId"] for each in listed["recommendations"]} == set(codes) - held
    assert listed["pagination"]["total"] == 2 * (len(codes) - len(held))
    assert (await as_admin.get(ADDRESS, params={"status": "held_out"})).status_code == 422
    sheet = (await as_admin.get(ADDRESS, params={"format": "csv"})).text
    assert [code for code in codes if code in sheet] == [code for code in codes if code not in held]
    assert [each["shown"] for each in (await effect(as_admin))["rules"]] == [len(codes) - len(held)] * 2
    async with unit_of_work() as session:
        stored = await read_rows(session, "select id, times_shown from recommendations where status = 'held_out'")
    assert [each["times_shown"] for each in stored] == [0] * 2 * len(held)
    refused = await as_admin.put(f"{ADDRESS}/{stored[0]['id']}/outcome", json={"outcome": "accepted"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "recommendation_not_found")


async def test_group_is_drawn_once(as_admin: httpx.AsyncClient) -> None:
    codes = await owners(10)
    assert [(await recommended(as_admin, code))["heldOut"] for code in codes[:2]] == [False, False]
    await hold_out(as_admin, 50)
    assert [(await recommended(as_admin, code))["heldOut"] for code in codes[:2]] == [False, False]  # shown before
    held = [code for code in codes[2:] if (await recommended(as_admin, code))["heldOut"]]
    assert 0 < len(held) < 8
    await hold_out(as_admin, 1)
    assert [code for code in codes if (await recommended(as_admin, code))["heldOut"]] == held
    total = (await effect(as_admin))["uplift"]["total"]
    assert (total["shown"]["customers"], total["heldOut"]["customers"]) == (8 - len(held), len(held))
    await hold_out(as_admin, 0)
    assert len((await recommended(as_admin, held[0]))["recommendations"]) == 2
    listed = (await as_admin.get(ADDRESS, params={"limit": 100})).json()["data"]["recommendations"]
    assert {each["customerId"]: each["timesShown"] for each in listed}[held[0]] == 1
    total = (await effect(as_admin))["uplift"]["total"]
    assert total["heldOut"]["customers"] == len(held)


async def test_purchases_and_renewals_of_both_groups_are_compared(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: FixedClock
) -> None:
    codes = await owners(80)
    await hold_out(as_admin, 50)
    held = [code for code in codes if (await recommended(as_admin, code))["heldOut"]]
    shown = [code for code in codes if code not in held]
    assert min(len(held), len(shown)) >= 30
    early = (await effect(as_admin))["uplift"]["total"]
    assert (early["shown"]["bought"], early["conversionUplift"]["value"], early["premiumUplift"]) == (0, 0, None)
    clock.moment += timedelta(minutes=1)
    async with unit_of_work() as session:
        await db.execute(session, _END, {"now": clock.now()})
    await bought(clock, *shown[:25], *held[:6])
    uplift = (await effect(as_admin))["uplift"]
    for each in (uplift["total"], next(each for each in uplift["rules"] if each["rule"] == "home")):
        assert each["shown"] == {
            "customers": len(shown), "bought": 25, "conversionRate": round(25 / len(shown), 4), "premium": 2_00_000,
        }  # fmt: skip
        assert (each["heldOut"]["customers"], each["heldOut"]["bought"]) == (len(held), 6)
        gain, rupees = each["conversionUplift"], each["premiumUplift"]
        assert gain["value"] == pytest.approx(25 / len(shown) - 6 / len(held), abs=1e-3)
        assert 0.1 < gain["low"] < gain["value"] < gain["high"] < 0.8
        assert 0 < rupees["low"] < rupees["value"] < rupees["high"]
        assert rupees["value"] == pytest.approx(8_000 * (25 - len(shown) * 6 / len(held)), abs=1)
    illness = next(each for each in uplift["rules"] if each["rule"] == "critical_illness")
    assert (illness["shown"]["bought"], illness["heldOut"]["bought"]) == (0, 0)
    assert uplift["renewals"]["shown"]["renewalRate"] == 1
    assert uplift["renewals"]["heldOut"]["cases"] == len(held)
    assert 0 < uplift["renewals"]["renewalUplift"]["low"] < uplift["renewals"]["renewalUplift"]["value"]
    assert uplift["renewals"]["amountUplift"]["low"] > 0
    past = (await effect(as_admin, to=str(clock.today() - timedelta(days=1))))["uplift"]
    assert past["total"]["shown"] == {"customers": 0, "bought": 0, "conversionRate": None, "premium": 0}
    assert past["message"].startswith("Each group needs at least 30 customers.")
    agent = await as_role("agent")
    assert (await effect(agent))["uplift"]["total"]["heldOut"]["customers"] == 0
    number = int(held[0][1:])
    await merge(row(number, policy_number="AGENT-1", agent_id=agent.user["id"]))
    reached = (await effect(agent))["uplift"]
    assert (reached["total"]["heldOut"]["customers"], reached["total"]["shown"]["customers"]) == (1, 0)
    assert reached["renewals"]["heldOut"]["cases"] == 0  # the case that ended is somebody else's
    wrong = await as_admin.get(f"{ADDRESS}/effectiveness", params={"from": "2026-02-01", "to": "2026-01-01"})
    assert (wrong.status_code, wrong.json()["error"]["details"][0]["field"]) == (422, "to")


async def test_what_a_person_ticks_does_not_count_for_the_comparison(
    as_admin: httpx.AsyncClient, clock: FixedClock
) -> None:
    codes = await owners(8)
    await hold_out(as_admin, 50)
    answers = {code: await recommended(as_admin, code) for code in codes}
    asked, declining, *_ = (code for code, each in answers.items() if not each["heldOut"])
    for code, outcome in ((asked, "converted"), (declining, "declined")):
        home = next(each for each in answers[code]["recommendations"] if each["type"] == "Home Insurance")
        await as_admin.put(f"{ADDRESS}/{home['id']}/outcome", json={"outcome": outcome})
    found = await effect(as_admin)
    assert next(each for each in found["rules"] if each["rule"] == "home")["convertedPremium"] == 8_000  # as estimated
    assert found["uplift"]["total"]["shown"]["bought"] == 0
    await bought(clock, declining)
    total = (await effect(as_admin))["uplift"]["total"]
    assert (total["shown"]["bought"], total["shown"]["premium"]) == (1, 8_000)
    declined = (await as_admin.get(ADDRESS, params={"status": "declined"})).json()["data"]["recommendations"]
    assert [each["customerId"] for each in declined] == [declining]


async def test_policy_that_counts_for_two_rules_is_counted_once(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    codes = await owners(8)
    await hold_out(as_admin, 50)
    shown = [code for code in codes if not (await recommended(as_admin, code))["heldOut"]]
    await bought(clock, shown[0], product_name="Home and Critical Illness Bundle")
    uplift = (await effect(as_admin))["uplift"]
    assert {each["rule"]: each["shown"]["premium"] for each in uplift["rules"]} == {
        "critical_illness": 8_000,
        "home": 8_000,
    }
    assert uplift["total"]["shown"]["premium"] == 8_000


async def test_policy_that_ended_or_began_before_is_no_purchase(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    old, held = {"policy_type": "home", "due": clock.today() - timedelta(days=100)}, {"policy_type": "home"}
    codes = await owners(2)
    await merge(row(1, policy_number="OLD-1", **old))
    async with unit_of_work() as session:
        await db.execute(session, "update policies set status = 'expired' where policy_number = 'OLD-1'")
    for code in codes:
        assert len((await recommended(as_admin, code))["recommendations"]) == 2
    await merge(row(2, policy_number="KNOWN-LATER", **held))  # began eleven months ago
    await note_conversions(timestamp=0)
    assert (await as_admin.get(ADDRESS, params={"status": "converted"})).json()["data"]["recommendations"] == []
    await bought(clock, codes[0], policy_type="property", product_name="Griha Raksha")
    (home,) = (await as_admin.get(ADDRESS, params={"status": "converted"})).json()["data"]["recommendations"]
    assert (home["customerId"], home["type"]) == (codes[0], "Home Insurance")


async def test_recommendations_are_listed_by_their_day(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    codes = await owners(1)
    await recommended(as_admin, codes[0])
    today, before = str(clock.today()), str(clock.today() - timedelta(days=1))
    for params, expected in (({"from": today}, 2), ({"to": before}, 0), ({"from": before, "to": today}, 2)):
        listed = (await as_admin.get(ADDRESS, params=params)).json()["data"]["recommendations"]
        assert len(listed) == expected, params
