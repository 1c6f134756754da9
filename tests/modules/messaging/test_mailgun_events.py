"""Mailgun's failures, complaints and opt-outs: the reason is kept, and only one about the recipient suppresses the address."""

import time
from typing import Any

import httpx

from py360.kit.resources import Resources
from tests.conftest import RunJobs
from tests.factories.signatures import mailgun
from tests.modules.conftest import Sandbox

CASES: dict[str, tuple[list[str], str, dict[str, Any]]] = {
    "suppress-unsubscribe": (
        ["unsubscribe"],
        "failed",
        {"reason": "suppress-unsubscribe", "delivery-status": {"code": 605, "description": "Unsubscribed address"}},
    ),
    "suppress-complaint": (["complaint"], "failed", {"reason": "suppress-complaint", "delivery-status": {"code": 607}}),
    "suppress-bounce": (
        ["hard_bounce"],
        "bounced",
        {"reason": "suppress-bounce", "delivery-status": {"code": 605, "description": "Previously bounced address"}},
    ),
    "spam": (
        [],
        "failed",
        {
            "reason": "bounce",
            "delivery-status": {"code": 550, "enhanced-code": "5.7.1", "message": "5.7.1 Unsolicited mail"},
        },
    ),
    "full": (
        [],
        "failed",
        {
            "reason": "bounce",
            "delivery-status": {"code": 552, "enhanced-code": "5.2.2", "message": "5.2.2 mailbox full"},
        },
    ),
    "our address is blocked": (
        [],
        "failed",
        {"reason": "generic", "delivery-status": {"code": 550, "message": "550 Blocked - see spamhaus"}},
    ),
    "user unknown": (
        ["hard_bounce"],
        "bounced",
        {
            "reason": "bounce",
            "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "5.1.1 user unknown"},
        },
    ),
    "user unknown without a code": (
        ["hard_bounce"],
        "bounced",
        {"reason": "generic", "delivery-status": {"code": 550, "message": "No such user here"}},
    ),
    "still trying": (
        [],
        "sent",
        {"severity": "temporary", "reason": "generic", "delivery-status": {"code": 452, "message": "4.2.2 full"}},
    ),
    "complained": (["complaint"], "sent", {"event": "complained"}),
    "unsubscribed": (["unsubscribe"], "sent", {"event": "unsubscribed"}),
    "complained, no headers": (["complaint"], "sent", {"event": "complained", "message": {"headers": {}}}),
    "unsubscribed, no message": (["unsubscribe"], "sent", {"event": "unsubscribed", "message": None}),
}


async def test_mailgun_event_suppresses_only_whom_it_is_about(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, resources: Resources, run_jobs: RunJobs
) -> None:
    sandbox.vendors.world.audience.refuses = lambda channel, contact: False
    codes = {}
    for number, (name, (_, _, event)) in enumerate(CASES.items()):
        to = f"person{number}@example.com"
        sent = await as_admin.post("/api/communication/email/send", json={"to": to, "subject": "s", "body": "b"})
        assert sent.status_code == 200, sent.text
        codes[name] = str(sent.json()["data"]["messageId"])
        headers = {"message-id": f"{codes[name]}@sandbox.py360.invalid", "to": to}
        whole = {
            "event": "failed",
            "severity": "permanent",
            "id": f"event-{number}",
            "timestamp": time.time(),
            "recipient": to,
        }
        body = mailgun(whole | {"message": {"headers": headers}} | event, resources.settings.sandbox_secret)
        answer = await as_admin.post("/api/webhooks/email/mailgun", json=body)
        assert answer.status_code == 200, answer.text
    await run_jobs()
    found = {}
    for number, name in enumerate(CASES):
        listed = await as_admin.get("/api/suppressions", params={"contact": f"person{number}@example.com"})
        status = await as_admin.get(f"/api/communication/delivery-status/{codes[name]}")
        reasons = [each["reason"] for each in listed.json()["data"]["suppressions"]]
        found[name] = (reasons, status.json()["data"]["status"])
    assert found == {name: (reasons, status) for name, (reasons, status, _) in CASES.items()}
