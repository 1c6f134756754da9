"""Help with e-mails: by rules when no model is set up, or it answers something that cannot be used."""

import httpx

from tests.factories.assistant import use_model
from tests.modules.conftest import Sandbox

ANGRY = {
    "subject": "Problem with my payment",
    "body": "This is very urgent! My payment failed twice and nobody answers. I am very unhappy with your service.",
    "context": {"customerName": "Asha Rao", "policyNumber": "MOT/2026/0001234"},
}


async def test_a_mail_is_analysed_and_answered_by_rules(as_admin: httpx.AsyncClient) -> None:
    found = (await as_admin.post("/api/ai/email/analyze", json=ANGRY)).json()["data"]
    assert (found["sentiment"], found["urgency"], found["suggestedTone"]) == ("negative", "urgent", "empathetic")
    assert found["keyPoints"] == ["Asks for a quick answer", "About the premium or a payment", "Reports a problem"]
    assert found["contextualInfo"]["policyNumber"] == "MOT/2026/0001234"
    drafts = (await as_admin.post("/api/ai/email/smart-replies", json=ANGRY)).json()["data"]
    assert drafts["source"] == "rules"
    assert [each["type"] for each in drafts["replies"]] == ["Professional", "Urgent", "Payment"]
    assert drafts["replies"][1]["body"].startswith("Dear Asha Rao,")


async def test_drafts_subjects_and_campaigns_without_a_model(as_admin: httpx.AsyncClient) -> None:
    better = (
        await as_admin.post(
            "/api/ai/email/enhance", json={"subject": "your  renewal", "body": "please   pay\nthank you"}
        )
    ).json()["data"]
    assert (better["subject"], better["body"], better["source"]) == ("Your renewal", "Please pay\nThank you", "rules")
    lines = (await as_admin.post("/api/ai/email/subjects", json={"topic": "motor renewal"})).json()["data"]["subjects"]
    assert 8 <= len(lines) <= 10
    assert len(set(lines)) == len(lines)
    figures = {"sent": 1000, "delivered": 900, "opened": 90, "clicked": 9, "unsubscribed": 18}
    said = (await as_admin.post("/api/ai/email/campaign-analysis", json=figures)).json()["data"]
    assert said["source"] == "rules"
    assert "90.0 % delivered; of these 10.0 % opened, 1.0 % clicked" in said["text"]


async def test_an_answer_of_the_model_that_is_no_json_leaves_it_to_the_rules(
    as_admin: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    await use_model(as_admin, sandbox)
    drafts = (await as_admin.post("/api/ai/email/smart-replies", json=ANGRY)).json()["data"]
    assert drafts["source"] == "rules"
    assert len(drafts["replies"]) == 3


async def test_a_mail_that_is_empty_or_endless_is_refused(as_admin: httpx.AsyncClient) -> None:
    for body in ({}, {"body": ""}, {"body": "x" * 50_001}):
        refused = await as_admin.post("/api/ai/email/analyze", json=body)
        assert refused.status_code in (400, 422), refused.text
