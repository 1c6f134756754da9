"""Death claim during renewal: the family reports it, reminders fall silent, the claim is settled within its period."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.factories import campaigns
from tests.factories.claims import data
from tests.modules.conftest import AsRole, Sandbox, as_role, client_id, sandbox

__all__ = ["as_role", "client_id", "sandbox"]  # the fixtures

FORM = {
    "type": "death", "incidentDate": "2026-11-20", "claimAmount": "500000", "description": "He died at home.",
    "name": "Meera Sharma", "relation": "spouse", "phone": "9820012345", "email": "meera@example.com",
}  # fmt: skip


async def test_death_claim_during_renewal(
    as_admin: httpx.AsyncClient,
    as_role: AsRole,
    client: httpx.AsyncClient,
    sandbox: Sandbox,
    run_jobs: Callable[[], Awaitable[None]],
) -> None:
    second = await as_role("client_admin")
    agent = await as_role("agent", name="Ravi Kumar")
    upload = await campaigns.upload(2, policy_type="life", agent_id=agent.user["id"])
    text = await campaigns.template(as_admin)

    # The spouse of the first customer reports the death through the link that the branch gave her.
    made = data(await as_admin.post("/api/claims/links", json={"policyNumber": "POL-00001"}), 201)
    page = await client.post(urlsplit(made["url"]).path, data=FORM, headers={"accept": "text/html"})
    assert page.status_code == 201, page.text
    (row,) = data(await as_admin.get("/api/claims", params={"type": "death"}))["claims"]
    claim, case = row["claimNumber"], row["caseId"]
    assert (row["priority"], row["policyNumber"], row["clockState"]) == ("high", "POL-00001", "running")
    await run_jobs()
    (notice,) = sandbox.received("email")
    assert claim in str(notice)
    assert "meera@example.com" in str(notice)

    # The agent knows before they call; the case says why it is silent.
    titles = [each["title"] for each in data(await agent.get("/api/notifications"))["notifications"]]
    assert f"Death claim {claim}" in titles
    history = data(await agent.get(f"/api/cases/{case}/history"))["history"]
    assert "Death Claim Reported" in [line["action"] for line in history]

    # The renewal campaign goes to the other customer only, and says why.
    made_campaign = await campaigns.create(as_admin, upload, templates={"email": text})
    number = campaigns.number_of(made_campaign)
    await run_jobs()
    counts = await campaigns.counts(number)
    assert (counts.get("ledger blocked"), counts.get("ledger sent", 0) + counts.get("ledger delivered", 0)) == (1, 1)
    async with unit_of_work() as session:
        reasons = await db.fetch_all(
            session, str, "select error_code from communication_delivery_status where status = 'blocked'"
        )
    assert reasons == ["death_claim"]

    # The claim is reviewed, approved by two people, and settled; every step is written to the claimant.
    path = f"/api/claims/{claim}/status"
    data(await as_admin.put(path, json={"status": "under_review"}))
    data(await as_admin.put("/api/settings/claims", json={"approvalLimit": 100_000, "seniorApprovalLimit": 400_000}))
    assert data(await as_admin.put(path, json={"status": "approved"}))["status"] == "under_review"
    data(await second.put(f"/api/claims/{claim}/approval", json={"outcome": "granted"}))
    data(await as_admin.put(path, json={"status": "settled", "settlementReference": "UTR-77"}))
    await run_jobs()
    assert "UTR-77" in str(sandbox.received("email")[0])

    # The customer stays dead after the settlement: no promotion, no reminder.
    again = await campaigns.create(as_admin, upload, name="Last call", templates={"email": text})
    await run_jobs()
    counts = await campaigns.counts(campaigns.number_of(again))
    assert counts.get("ledger blocked") == 1
