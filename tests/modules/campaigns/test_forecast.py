"""Before a campaign is launched: how many would be skipped and why, as the send gate then does it."""

from datetime import timedelta

import httpx
import pytest

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from tests.conftest import RunJobs
from tests.factories.campaigns import Relay, Upload, counts, create, number_of, template

# Customers 1 to 63 have every combination of six marks, the bits of their number.
MARKS = (
    "insert into consents (client_id, customer_id, channel, purpose, state, source)"
    " select 1, id, 'email', 'promotional', 'opted_in', 'call' from marked where n < 64 and n & 1 > 0 order by n",
    "insert into consents (client_id, customer_id, channel, purpose, state, source)"
    " select 1, id, 'email', 'promotional', 'opted_out', 'call' from marked where n < 64 and n & 2 > 0",
    "insert into consents (client_id, customer_id, channel, purpose, state, source)"
    " select 1, id, 'email', 'service', 'opted_out', 'call' from marked where n < 64 and n & 4 > 0",
    "insert into suppressions (client_id, channel, contact, reason) select 1, 'email', email, 'complaint' from marked where n < 64 and n & 8 > 0",
    "insert into dnc_registry (client_id, customer_email, dnc_type, effective_date)"
    " select 1, upper(email), 'email', %(today)s::date - 1 from marked where n < 64 and n & 16 > 0",
    "insert into claims (client_id, claim_number, policy_id, customer_id, claim_type, claim_amount, description, incident_date, reported_date)"
    " select 1, 'CLM-' || n, p.id, m.id, 'death', 1, 'Died', %(today)s, %(today)s from marked m join policies p on p.customer_id = m.id"
    " where n < 64 and n & 32 > 0",
)
# What is over, lifted, or about something else; one mark each, and none of them keeps a renewal notice back.
HARMLESS = (
    "insert into consents (client_id, customer_id, channel, purpose, state, source)"
    " select 1, id, 'email', 'service', state, 'call' from marked, unnest(array['opted_out', 'opted_in']) with ordinality as s (state, place)"
    " where n = 65 order by place",
    "insert into suppressions (client_id, channel, contact, reason, expires_at)"
    " select 1, 'email', email, 'manual', %(now)s::timestamptz - interval '1 hour' from marked where n = 66",
    "insert into suppressions (client_id, channel, contact, reason) select 1, 'sms', email, 'manual' from marked where n = 67",
    "insert into dnc_registry (client_id, customer_email, dnc_type, effective_date, expiry_date)"
    " select 1, email, 'email', %(today)s::date - 9, %(today)s from marked where n = 68",
    "insert into dnc_registry (client_id, customer_email, dnc_type, effective_date)"
    " select 1, email, 'email', %(today)s::date + 1 from marked where n = 69",
    "with entry as (insert into dnc_registry (client_id, customer_email, dnc_type, effective_date, override_allowed)"
    " select 1, email, 'email', %(today)s::date - 1, true from marked where n = 70 returning id)"
    " insert into dnc_override_logs (dnc_id, override_type, reason, status, start_date)"
    " select id, 'permanent', 'They asked', 'approved', %(now)s::timestamptz - interval '1 hour' from entry",
    "insert into claims (client_id, claim_number, policy_id, customer_id, claim_type, claim_amount, description, incident_date,"
    " reported_date, status) select 1, 'CLM-71', p.id, m.id, 'death', 1, 'An error', %(today)s, %(today)s, 'withdrawn'"
    " from marked m join policies p on p.customer_id = m.id where n = 71",
)
EVERYBODY = 72  # the last one has no mark
MARKED = (
    "create temp table marked on commit drop as select id, email, right(customer_code, 5)::int as n from customers"
    " where customer_code like 'C000%'"
)
OFF = """update customers set communication_preferences = '{"email": false}' where customer_code = 'C00064'"""


async def mark() -> None:
    """Give the customers of an upload their marks; one who wants no mail at all, too."""
    clock = resources.current().clock
    values = {"today": clock.today(), "now": clock.now()}
    async with unit_of_work() as session:
        await db.execute(session, MARKED)
        for statement in (*MARKS, *HARMLESS, OFF):
            await db.execute(session, statement, values)


@pytest.mark.parametrize("purpose", ["renewal", "promotional"])
async def test_preview_foresees_whom_the_send_gate_skips_and_why(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs, purpose: str
) -> None:
    code = await upload(EVERYBODY)
    await mark()
    asked = {"purpose": purpose, "templates": {"email": await template(as_admin)}}
    answer = await as_admin.post("/api/campaigns/preview-audience", json={"type": "email", "uploadId": code, **asked})
    assert answer.status_code == 200, answer.text
    planned = answer.json()["data"]["email"]
    assert (planned["originalCount"], planned["targetCount"]) == (EVERYBODY, EVERYBODY)
    number = number_of(await create(as_admin, code, **asked))
    await run_jobs()
    happened = (await as_admin.get(f"/api/campaigns/{number}/compliance")).json()["data"]
    assert planned["skipped"] == happened["skipped"]
    became = await counts(number)
    left = sum(count for status, count in became.items() if not status.startswith("ledger") and status != "skipped")
    assert planned["sendCount"] == left == EVERYBODY - sum(planned["skipped"].values())
    expected = {"opted_out", "suppressed", "dnc", "death_claim"} | (
        {"no_opt_in"} if purpose == "promotional" else set()
    )
    assert set(planned["skipped"]) == expected


async def test_preview_judges_the_one_case_that_a_promotion_writes_to(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    """Two customers with one address: the first one's consent decides, for preview and sending."""
    code = await upload(2, email="one@example.com")
    consent = {
        "customerId": "C00002",
        "channel": "email",
        "purpose": "promotional",
        "state": "opted_in",
        "source": "call",
    }
    assert (await as_admin.post("/api/consents", json=consent)).status_code == 201
    asked = {"purpose": "promotional", "templates": {"email": await template(as_admin)}}
    planned = (
        await as_admin.post("/api/campaigns/preview-audience", json={"type": "email", "uploadId": code, **asked})
    ).json()
    number = number_of(await create(as_admin, code, **asked))
    await run_jobs()
    happened = (await as_admin.get(f"/api/campaigns/{number}/compliance")).json()["data"]["skipped"]
    assert planned["data"]["email"]["skipped"] == happened == {"no_opt_in": 1}


async def test_preview_counts_only_the_callers_client(as_admin: httpx.AsyncClient, upload: Upload) -> None:
    """Another client's registry and suppressions say nothing about ours."""
    code = await upload(1)
    async with unit_of_work() as session:
        other = await db.fetch_only(
            session, int, "insert into clients (client_code, client_name) values ('OTH', 'Other') returning id"
        )
        values = {"client": other, "today": resources.current().clock.today() - timedelta(days=1)}
        await db.execute(
            session,
            "insert into suppressions (client_id, channel, contact, reason)"
            " select %(client)s, 'email', email, 'complaint' from customers",
            values,
        )
        await db.execute(
            session,
            "insert into dnc_registry (client_id, customer_email, dnc_type, effective_date)"
            " select %(client)s, email, 'email', %(today)s from customers",
            values,
        )
    planned = (await as_admin.post("/api/campaigns/preview-audience", json={"type": "email", "uploadId": code})).json()
    assert (planned["data"]["email"]["skipped"], planned["data"]["email"]["sendCount"]) == ({}, 1)
