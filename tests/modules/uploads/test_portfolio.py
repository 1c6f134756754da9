"""The main job's first half on the real portfolio, when it is at hand."""

import httpx
import pytest

from tests.factories.insurer import PORTFOLIO
from tests.factories.policy_files import Send


@pytest.mark.slow
@pytest.mark.skipif(not PORTFOLIO.exists(), reason="../shared/data/direct_motor_renewals.xlsx is not here")
async def test_the_portfolio_of_a_direct_motor_insurer(send: Send, as_admin: httpx.AsyncClient) -> None:
    told = await send(PORTFOLIO.read_bytes(), "direct_motor_renewals.xlsx")
    assert told["status"] == "completed", told
    assert (told["totalRecords"], told["successfulRecords"], told["failedRecords"]) == (23_060, 22_832, 228)
    answer = await as_admin.get(f"/api/upload/{told['uploadId']}/errors", params={"limit": 100})
    data = answer.json()["data"]
    assert {item["code"]: item["rows"] for item in data["failedRows"]} == {
        "expiry_before_start": 73,
        "premium_not_a_number": 61,
        "policy_number_repeated": 52,
        "no_valid_contact": 42,
    }
    warnings = {item["code"]: item["rows"] for item in data["summary"] if item["severity"] == "warning"}
    assert warnings["email_invalid"] == 107
    agents = await as_admin.get(
        f"/api/upload/{told['uploadId']}/errors", params={"severity": "warning", "code": "agent_unknown", "limit": 100}
    )
    seen = agents.json()["data"]["warnings"]
    assert len({item["value"] for item in seen}) == len(seen) > 0
    batches = (await as_admin.get("/api/batches/status")).json()["data"]
    assert batches[0]["totalCases"] == 22_832
