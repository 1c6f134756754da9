"""The specification's calls in one story, each answer with every field of its example and of its kind."""

from datetime import date
from typing import Any

import httpx
import pytest

from tests.conftest import RunJobs
from tests.factories.policy_files import csv_of
from tests.modules.conftest import Sandbox, client_id, sandbox

__all__ = ["client_id", "sandbox"]

PAGES = {"page": 1, "limit": 20, "total": 45, "totalPages": 3}
UPLOAD = {"uploadId": "", "filename": "", "status": "", "totalRecords": 1, "estimatedProcessingTime": ""}
UPLOADED = {
    "uploadId": "", "status": "completed", "totalRecords": 2, "successfulRecords": 2, "failedRecords": 0,
    "processingTime": "", "downloadUrl": "",
}  # fmt: skip
CAMPAIGN = {"id": "", "name": "", "type": "", "status": "", "targetCount": 1, "scheduledAt": ""}
METRICS = {
    "sent": 1, "delivered": 1, "opened": 1, "clicked": 1, "converted": 1, "openRate": 0.1, "clickRate": 0.1,
    "conversionRate": 0.1,
}  # fmt: skip
TEMPLATE = {"id": "", "name": "", "type": "email", "subject": "", "content": "", "variables": [""]}
LEFT = {"messageId": "", "status": "sent"}


def same(example: Any, got: Any, path: str = "data") -> None:
    """Every field of the example is there, and of its kind."""
    if isinstance(example, dict):
        for name, value in example.items():
            assert name in got, f"{path}.{name} is missing"
            same(value, got[name], f"{path}.{name}")
    elif isinstance(example, list):
        assert isinstance(got, list), path
        for value in example:
            assert got, f"{path} is empty"
            same(value, got[0], f"{path}[]")
    else:
        kind = (int, float) if isinstance(example, float) else type(example)
        assert isinstance(got, kind), f"{path} is {got!r}"


@pytest.fixture
def told(as_admin: httpx.AsyncClient) -> Any:
    """Make a call and compare its answer."""

    async def call(method: str, path: str, example: Any, **sent: Any) -> Any:
        answer = await as_admin.request(method, path, **sent)
        assert answer.status_code in {200, 201}, answer.text
        assert answer.json()["success"] is True
        same(example, answer.json()["data"])
        return answer.json()["data"]

    return call


async def test_every_call_of_the_specification(
    as_admin: httpx.AsyncClient, told: Any, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    headings = ("Policy No", "Name", "Mobile", "Email", "Product", "Premium", "Start Date", "Expiry Date")
    rows = [
        (f"S-{n}", f"Person {n}", f"987650000{n}", f"p{n}@example.com", "Motor", 900, "20/12/2025", "19/12/2026")
        for n in (1, 2)
    ]
    file = {"files": {"file": ("policies.csv", csv_of(rows, headings))}, "data": {"metadata": '{"description": "May"}'}}
    upload = (await told("POST", "/api/upload/file", UPLOAD, **file))["uploadId"]
    assert upload.startswith("upload-")
    await run_jobs()
    done = await told("GET", f"/api/upload/status/{upload}", UPLOADED)
    assert done["status"] == "completed"
    assert done["downloadUrl"].startswith(f"/api/upload/download/{upload}?token=")
    await told("GET", "/api/upload/history", {"uploads": [{}], "pagination": PAGES})
    template = await as_admin.get("/api/upload/template")
    assert template.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert template.headers["content-disposition"] == 'attachment; filename="policy_upload_template.xlsx"'

    new = {
        "name": "Custom",
        "type": "email",
        "subject": "Notice",
        "content": "Dear {name}, please renew your policy...",
    }
    made = await told("POST", "/api/templates", {"templateId": "", "message": ""}, json=new | {"variables": ["name"]})
    await told("GET", "/api/templates?type=email&active=true", {"templates": [TEMPLATE]})

    asked: dict[str, Any] = {
        "name": "May Renewals Campaign", "type": ["email", "whatsapp"], "uploadId": upload,
        "templates": {"email": made["templateId"], "whatsapp": "renewal_reminder"}, "targetAudience": "all",
    }  # fmt: skip
    later = {"scheduleType": "scheduled", "scheduledAt": f"{date.today().year + 1}-05-15T14:00:00Z"}  # noqa: DTZ011 - only the year
    planned = await told("POST", "/api/campaigns", {"campaigns": [CAMPAIGN]}, json=asked | later)
    first = planned["campaigns"][0]
    assert (first["name"], first["status"], first["targetCount"]) == ("May Renewals Campaign (Email)", "scheduled", 2)
    listed = await told(
        "GET",
        "/api/campaigns?status=scheduled,paused&type=email&page=1&limit=20",
        {"campaigns": [CAMPAIGN], "pagination": PAGES},
    )
    assert [one["id"] for one in listed["campaigns"]] == [first["id"]]
    moved = {"campaignId": "", "status": "paused", "updatedAt": ""}
    paused = await told("PUT", f"/api/campaigns/{first['id']}/status", moved, json={"status": "paused"})
    assert (paused["campaignId"], paused["status"]) == (first["id"], "paused")
    started = (await as_admin.post("/api/campaigns", json=asked)).json()["data"]["campaigns"][0]["id"]
    await run_jobs()
    figures = {"campaignId": "", "metrics": METRICS, "timeline": [{}], "topPerformingContent": [{}]}
    analytics = await told("GET", f"/api/campaigns/{started}/analytics", figures)
    assert analytics["metrics"]["sent"] == 2

    words = {"name": "John Doe", "policy_number": "POL123456", "expiry_date": "2026-12-15"}
    body: dict[str, Any] = {"to": "+919876543210", "templateId": "renewal_reminder", "parameters": words}
    sent = await told("POST", "/api/communication/whatsapp/send", LEFT | {"timestamp": ""}, json=body)
    text = {"to": "+919876543210", "message": "Dear John, renew now: https://example.com/renew"}
    await told("POST", "/api/communication/sms/send", LEFT | {"cost": 0.05}, json=text)
    status = await told("GET", f"/api/communication/delivery-status/{sent['messageId']}", LEFT)
    assert {"deliveredAt", "readAt"} <= status.keys()
