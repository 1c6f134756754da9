"""Who to call first today, and why: a model is trained, cases are scored, and the list follows the money at risk."""

import asyncio
import csv
import json
import random
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from py360.entrypoints import models
from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.errors import Invalid
from py360.modules.recommendations import api
from py360.modules.recommendations.jobs import score_cases
from py360.modules.recommendations.propensity.model import load
from tests.conftest import RunJobs
from tests.factories.book import merge, row
from tests.modules.conftest import AsRole

_HELD = """
select c.policy_number, f.tenure_years from case_features f join cases_public_case c on c.id = f.case_id
"""


@dataclass(frozen=True, slots=True)
class _Held:
    policy_number: str
    tenure_years: int | None


def outcomes(path: Path, rows: int = 3_000) -> Path:
    """Customers whose premium rises lapse three times as often as the others; young ones somewhat more often."""
    chance = random.Random(7)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "policy_number",
                "lapsed",
                "age",
                "premium",
                "premium_change",
                "payments_per_year",
                "tenure_years",
                "region",
            ]
        )
        for number in range(rows):
            rises, age = chance.random() < 0.4, chance.randint(20, 70)
            lapses = chance.random() < (0.36 if rises else 0.12) + (0.06 if age < 30 else 0)
            writer.writerow([f"P{number}", int(lapses), age, chance.randint(5_000, 50_000), 0.3 if rises else 0.0,
                             chance.choice([1, 12]), chance.randint(0, 9), chance.choice(["North", "South"])])  # fmt: skip
    return path


async def trained(tmp_path: Path) -> str:
    return await models.train(outcomes(tmp_path / "outcomes.csv"), "")


async def test_who_to_call_first_today_and_why(as_admin: httpx.AsyncClient, tmp_path: Path) -> None:
    await merge(
        row(1, premium_amount=10_000, renewal_amount=13_000),
        row(2, premium_amount=10_000, renewal_amount=10_000),
        row(3, premium_amount=40_000, renewal_amount=52_000),
    )
    said = await trained(tmp_path)
    assert "Trained on 3,000 cases of outcomes.csv" in said
    assert "Open cases scored: 3" in said
    listed = (await as_admin.get("/api/ai/renewal-predictions")).json()["data"]
    assert [each["policyNumber"] for each in listed["predictions"]] == ["POL-00003", "POL-00001", "POL-00002"]
    first, second, third = listed["predictions"]
    assert first["expectedLoss"] == pytest.approx((1 - first["renewalProbability"]) * 52_000, rel=1e-3)
    assert first["reasons"][0] == {"code": "premium_change", "text": "The premium rises by 30 %", "effect": "raises"}
    assert third["reasons"][0] == {"code": "premium_change", "text": "The premium stays the same", "effect": "lowers"}
    assert second["renewalProbability"] < third["renewalProbability"]
    one = (await as_admin.get(f"/api/ai/renewal-predictions/{first['caseId']}")).json()["data"]
    assert one == first
    few = await as_admin.get("/api/ai/renewal-predictions", params={"below": second["renewalProbability"] + 0.01})
    assert {each["policyNumber"] for each in few.json()["data"]["predictions"]} == {"POL-00001", "POL-00003"}
    found = await as_admin.get("/api/ai/renewal-predictions", params={"search": "pol-00002"})
    assert [each["policyNumber"] for each in found.json()["data"]["predictions"]] == ["POL-00002"]
    risky = {"type": ["sms"], "targetAudience": {"maxRenewalProbability": second["renewalProbability"] + 0.01}}
    audience = (await as_admin.post("/api/campaigns/preview-audience", json=risky)).json()["data"]
    assert audience["sms"]["targetCount"] == 2, audience
    sheet = await as_admin.get("/api/ai/renewal-predictions", params={"format": "csv", "sort": "renewalProbability"})
    assert sheet.text.splitlines()[1].startswith("CASE-")


async def test_the_work_list_is_sorted_by_what_is_at_risk(
    as_admin: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await merge(*(row(number, renewal_amount=10_000 + 1_000 * number) for number in range(1, 7)))
    await trained(tmp_path)
    await merge(row(7), row(8))  # not scored yet: behind the others
    listed = (await as_admin.get("/api/ai/renewal-predictions", params={"limit": 10})).json()["data"]["predictions"]
    expected = [each["policyNumber"] for each in listed]
    for most in (2_000, 0):  # a short list is sorted, a long one read in the order of an index
        monkeypatch.setattr("py360.modules.cases.queries.listing.SORTED_AT_MOST", most)
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            asked = {"sort": "-expectedLoss", "limit": 3, **({"cursor": cursor} if cursor else {})}
            data = (await as_admin.get("/api/cases", params=asked)).json()["data"]
            found += [each["policyNumber"] for each in data["cases"]]
            cursor = data["pagination"].get("nextCursor")
        assert found == [*expected, "POL-00008", "POL-00007"], most
        up = (await as_admin.get("/api/cases", params={"sort": "expectedLoss", "limit": 8})).json()["data"]["cases"]
        assert [each["policyNumber"] for each in up] == found[::-1]


async def test_each_models_predictions_are_held_against_what_came(as_admin: httpx.AsyncClient, tmp_path: Path) -> None:
    await merge(
        *(row(number, premium_amount=10_000, renewal_amount=10_000 + 3_000 * (number % 2)) for number in range(1, 41))
    )
    await trained(tmp_path)
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update renewal_cases set status = case when renewal_amount > 10000 then 'lapsed' else 'renewed' end, closed_at = now()",
        )
    address = "/api/ai/policy-recommendations/effectiveness"
    (model,) = (await as_admin.get(address)).json()["data"]["models"]
    assert (model["cases"], model["lapsed"], model["lapseRate"], model["inUse"]) == (40, 20, 0.5, True)
    assert model["auc"] == 1
    assert 0 < model["brier"] < 0.4
    assert 0.1 < model["predictedLapseRate"] < 0.4


async def test_predictions_follow_a_change(as_admin: httpx.AsyncClient, tmp_path: Path, clock: FixedClock) -> None:
    await merge(row(1, premium_amount=10_000, renewal_amount=10_000))
    await trained(tmp_path)
    before = (await as_admin.get("/api/ai/renewal-predictions")).json()["data"]["predictions"][0]
    clock.moment += timedelta(minutes=1)
    await merge(row(1, premium_amount=10_000, renewal_amount=13_000))
    clock.moment += timedelta(minutes=1)
    await score_cases(timestamp=0)
    after = (await as_admin.get("/api/ai/renewal-predictions")).json()["data"]["predictions"][0]
    assert (before["renewalAmount"], after["renewalAmount"]) == (10_000, 13_000)
    assert after["renewalProbability"] < before["renewalProbability"] - 0.05


async def test_a_change_that_is_committed_late_is_followed(as_admin: httpx.AsyncClient, tmp_path: Path) -> None:
    await trained(tmp_path)
    await merge(row(1, premium_amount=10_000, renewal_amount=10_000))
    async with unit_of_work() as slow:
        await db.execute(slow, "update renewal_cases set renewal_amount = 13000")
        await score_cases(timestamp=0)  # sees the case as it was
    await score_cases(timestamp=0)
    (found,) = (await as_admin.get("/api/ai/renewal-predictions")).json()["data"]["predictions"]
    assert found["renewalAmount"] == 13_000


async def test_what_was_known_is_kept_when_the_case_has_ended(tmp_path: Path, clock: FixedClock) -> None:
    await merge(row(1, premium_amount=10_000, renewal_amount=13_000))
    await score_cases(timestamp=0)
    async with unit_of_work() as session:
        await db.execute(session, "update renewal_cases set status = 'renewed', closed_at = now()")
        await db.execute(session, "update policies set premium_amount = 13000")
    clock.moment += timedelta(days=1)
    await score_cases(timestamp=0)
    async with unit_of_work() as session:
        history = await api.own_history(session, 1)
    assert history.table["premium_change"].tolist() == [0.3]
    assert history.lapsed.tolist() == [False]


async def test_an_agent_sees_the_predictions_of_their_own_cases(as_role: AsRole, tmp_path: Path) -> None:
    agent = await as_role("agent")
    await merge(row(1, agent_id=agent.user["id"]), row(2))
    await trained(tmp_path)
    listed = (await agent.get("/api/ai/renewal-predictions")).json()["data"]
    assert [each["policyNumber"] for each in listed["predictions"]] == ["POL-00001"]
    async with unit_of_work() as session:
        other = await db.fetch_only(
            session, str, "select case_number from cases_public_case where policy_number = 'POL-00002'"
        )
    refused = await agent.get(f"/api/ai/renewal-predictions/{other}")
    assert refused.status_code == 404


async def test_the_card_says_how_good_the_model_is(as_admin: httpx.AsyncClient, tmp_path: Path) -> None:
    none = (await as_admin.get("/api/ai/renewal-model")).json()["data"]
    assert none["card"] is None
    await trained(tmp_path)
    card = (await as_admin.get("/api/ai/renewal-model")).json()["data"]["card"]
    assert card["cases"] == 3_000
    assert 0.6 < card["auc"] < 0.75
    assert card["brier"] < card["brierOfAverage"]
    assert max(card["features"], key=card["features"].get) == "premium_change"
    assert [band["name"] for band in card["byRegion"]] == ["North", "South"]
    assert all(abs(band["predicted"] - band["lapsed"]) < 0.08 for band in card["calibration"])


async def test_cases_held_out_are_kept_off_the_list_and_compared(as_admin: httpx.AsyncClient, tmp_path: Path) -> None:
    await as_admin.put("/api/settings/renewals", json={"callListHoldOut": 50})
    await merge(*(row(number) for number in range(1, 201)))
    await trained(tmp_path)
    listed = (await as_admin.get("/api/ai/renewal-predictions")).json()["data"]["pagination"]["total"]
    held = (await as_admin.get("/api/ai/renewal-predictions", params={"heldOut": True})).json()["data"]["pagination"][
        "total"
    ]
    assert listed + held == 200
    assert 70 <= held <= 130
    early = (await as_admin.get("/api/ai/renewal-uplift")).json()["data"]
    assert early["renewalUplift"] is None
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update renewal_cases c set status = case when p.held_out and c.id % 2 = 0 then 'lapsed' else 'renewed' end,"
            " closed_at = now() from renewal_predictions p where p.case_id = c.id",
        )
    uplift = (await as_admin.get("/api/ai/renewal-uplift")).json()["data"]
    assert uplift["called"]["renewalRate"] == 1
    assert 0.3 < uplift["renewalUplift"]["low"] < uplift["renewalUplift"]["value"] < uplift["renewalUplift"]["high"]
    assert uplift["amountUplift"]["low"] > 0


async def test_too_few_outcomes_are_refused(tmp_path: Path, as_admin: httpx.AsyncClient) -> None:
    with pytest.raises(Invalid, match="at least 500 cases"):
        await models.train(outcomes(tmp_path / "few.csv", 60), "")
    with pytest.raises(Invalid, match="0 cases with an outcome"):
        await models.train(None, "")
    odd = tmp_path / "odd.csv"
    odd.write_text("policy_number,lapsed\nP1,perhaps\n")
    with pytest.raises(Invalid, match="row 2: “lapsed” is 'perhaps'"):
        await models.train(odd, "")
    assert (await as_admin.get("/api/ai/renewal-model")).json()["data"]["modelId"] is None


_UNREADABLE = {
    "lapsed,premium\n1,12000\n0,inf\n": "row 3: “premium” is 'inf'; it must be a number of at most",
    "lapsed,premium\n1,₹12\n": "row 2: “premium” is '₹12'",
    "policy_number,lapsed,age\nP1,1,NA\nP1,1,44\nP2,0,forty\n": "row 4: “age” is 'forty'",  # counted with the policy that is there twice
    "lapsed,prem_freqperyear,prem_final,prem_last\n1,1 per year,1e300,1\n": "row 2: “premium” is '1e300'",
    "lapsed,age,age\n1,30,31\n": "several columns “age”",
    "lapsed,age\n1,30,31\n": "row 2 has more cells than the first row",
    "lapsed,line\n1,\"motor\n": "is no CSV file in UTF-8",
    "age\n30\n": "has no column “lapsed”",
    "": "has no column “lapsed”",
}  # fmt: skip


@pytest.mark.parametrize("text", _UNREADABLE)
def test_outcomes_that_cannot_be_read_are_refused_by_their_cell(tmp_path: Path, text: str) -> None:
    file = tmp_path / "outcomes.csv"
    file.write_text(text)
    with pytest.raises(Invalid, match=re.escape(_UNREADABLE[text])):
        api.read_outcomes(file)


def test_outcomes_in_another_encoding_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.csv"
    file.write_bytes("lapsed,city\n1,Orléans\n".encode("latin-1"))
    with pytest.raises(Invalid, match="no CSV file in UTF-8"):
        api.read_outcomes(file)


async def test_a_model_that_cannot_be_used_says_so_and_holds_up_nobody(
    as_admin: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with unit_of_work() as session:
        other = await db.fetch_only(
            session, int, "insert into clients (client_code, client_name) values ('OTHER', 'Other') returning id"
        )
    await models.train(outcomes(tmp_path / "one.csv"), "OTHER")
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into renewal_models (client_id, model, is_active, created_at)"
            " select 1, model || '{\"schemaVersion\": 2}', true, now() from renewal_models",
        )
    await merge(row(1))
    await merge(row(2, client_id=other))
    with pytest.raises(ExceptionGroup) as failed:
        await score_cases(timestamp=0)
    assert "cannot be used" in str(failed.value.exceptions)
    async with unit_of_work() as session:
        scored = await db.fetch_all(session, int, "select client_id from renewal_predictions")
        known = await db.fetch_all(session, int, "select client_id from case_features order by 1")
    assert (scored, known) == ([other], [1, other])  # a history is kept, whatever the model
    shown = (await as_admin.get("/api/ai/renewal-model")).json()["data"]
    assert shown["card"] is None
    assert "Train it again: py360 model train" in shown["message"]
    await models.train(tmp_path / "one.csv", "CLIENT-001")
    assert (await as_admin.get("/api/ai/renewal-predictions")).json()["data"]["pagination"]["total"] == 2  # of both


async def test_two_runs_at_once_score_each_case_once(
    as_admin: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trained(tmp_path)
    await merge(*(row(number) for number in range(1, 41)))
    monkeypatch.setattr("py360.modules.recommendations.service.score.BATCH", 7)
    counts = await asyncio.gather(api.score_client(1), api.score_client(1))
    assert sorted(counts) == [0, 40]
    async with unit_of_work() as session:
        assert await db.fetch_only(session, int, "select count(*) from renewal_predictions") == 40


async def test_a_model_of_another_schema_is_refused(tmp_path: Path, as_admin: httpx.AsyncClient) -> None:
    await trained(tmp_path)
    async with unit_of_work() as session:
        stored = await db.fetch_only(session, dict, "select model from renewal_models")
    for change in ({"schemaVersion": 2}, {"features": [{**stored["features"][0], "name": "caste"}]},
                   {"features": [{**stored["features"][0], "points": [1e9]}]},
                   {"features": [stored["features"][0]] * 2}):  # fmt: skip
        with pytest.raises(Invalid, match="cannot be used"):
            load(json.loads(json.dumps(stored | change)))


async def test_an_import_says_how_long_a_policy_is_held(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs, clock: FixedClock, tmp_path: Path
) -> None:
    due = clock.today() + timedelta(days=40)
    start = due - timedelta(days=364)
    head = "policy_number,customer_name,email,policy_type,premium_amount,start_date,expiry_date,Tenure (yrs)"
    held = {"T-0": "3", "T-1": "0", "T-2": "", "T-3": "ages"}
    rows = [
        f"{number},Asha Rao,{number.lower()}@example.com,motor,12000,{start},{due},{years}"
        for number, years in held.items()
    ]
    file = ("tenure.csv", "\n".join([head, *rows]).encode())
    code = (await as_admin.post("/api/upload/file", files={"file": file})).json()["data"]["uploadId"]
    await run_jobs()
    done = (await as_admin.get(f"/api/upload/status/{code}")).json()["data"]
    assert done["accounting"]["imported"] == 4, done
    await trained(tmp_path)
    async with unit_of_work() as session:
        known = await db.fetch_all(session, _Held, _HELD)
    assert {each.policy_number: each.tenure_years for each in known} == {"T-0": 3, "T-1": 0, "T-2": None, "T-3": None}


@pytest.mark.parametrize(
    "path",
    [
        "/api/ai/renewal-uplift?to=",
        "/api/emails/dashboard?dateTo=",
        "/api/hierarchy/compare?nodeIds=1&to=",
        "/api/vendors?from=2026-11-26&to=",
    ],
)
async def test_days_at_the_ends_of_the_calendar_are_refused(as_admin: httpx.AsyncClient, path: str) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        assert (await as_admin.get(path + day)).status_code == 422
    assert (await as_admin.get(path + "2026-11-26")).status_code in (200, 404)
