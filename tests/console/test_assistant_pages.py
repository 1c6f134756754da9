"""The pages of the assistant and of the recommendations."""

import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.conftest import RunJobs
from tests.console.conftest import Browser, BrowserOf
from tests.factories.claims import data


async def test_answer_streams_through_the_console_in_events(desk: Browser) -> None:
    page = await desk.get("/console/assistant")
    assert "No language model is set up" in page.text
    answer = await desk.ask("POST", "/ai/chat", json={"message": "How many cases are due?"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: token" in answer.text
    assert '"source":"rules"' in answer.text.replace(" ", "")


async def test_documents_are_added_and_searched(desk: Browser, run_jobs: RunJobs) -> None:
    text = b"# Grace period\n\nMotor policies have a grace period of thirty days.\n"
    data(await desk.ask("POST", "/ai/knowledge-base", files={"file": ("grace.md", text, "text/markdown")}), 201)
    await run_jobs()
    page = await desk.get("/console/assistant/documents", params={"question": "grace period of motor policies"})
    assert "grace.md" in page.text
    assert "thirty days" in page.text


async def test_key_for_another_assistant_is_shown_by_its_beginning_only(desk: Browser) -> None:
    made = data(await desk.ask("POST", "/ai/keys", json={"name": "Desk helper", "scopes": ["cases"]}), 201)
    page = await desk.get("/console/assistant/keys")
    assert "Desk helper" in page.text
    assert made["key"] not in page.text


async def test_settings_of_the_assistant_are_shown_without_the_key(desk: Browser) -> None:
    data(
        await desk.ask("PUT", "/ai/settings", json={"provider": "openai", "apiKey": "sk-very-secret", "model": "gpt-x"})
    )
    page = await desk.get("/console/assistant/settings")
    assert "gpt-x" in page.text
    assert "sk-very-secret" not in page.text


async def test_call_list_says_why_in_words(desk: Browser) -> None:
    page = await desk.get("/console/call-list")
    assert "CASE-1001" in page.text
    assert "80%" in page.text
    assert "premium" in page.text.lower()
    assert "Chance to renew" in (await desk.get("/console/cases/CASE-1001")).text


async def test_recommendation_is_made_for_a_customer_and_answered(desk: Browser) -> None:
    part = await desk.get("/console/customers/CUST-1002/recommendations")
    assert part.status_code == 200, part.text
    assert "risk:" in part.text
    risks = await desk.get("/console/risks", params={"category": "safe"})
    assert 'href="/console/customers/CUST-1002"' in risks.text
    listed = await desk.get("/console/recommendations")
    assert "Home Insurance" in listed.text
    data(await desk.ask("PUT", "/ai/policy-recommendations/1001/outcome", json={"outcome": "accepted"}))
    assert "Home Insurance" in (await desk.get("/console/recommendations", params={"status": "accepted"})).text


async def test_held_out_customer_is_recommended_nothing_and_the_difference_is_said(desk: Browser) -> None:
    data(await desk.ask("PUT", "/settings/renewals", json={"recommendationHoldOut": 10}))
    async with unit_of_work() as session:
        await db.execute(session, "update recommendations set held_out = (id = 1001)")
        await db.execute(session, "update recommendations set status = 'held_out' where held_out")
    part = await desk.get("/console/customers/CUST-1001/recommendations")
    assert "Nothing is recommended to this customer" in part.text
    today = {"from": "2026-01-01"}
    page = await desk.get("/console/recommendations", params=today)
    for expected in ("What recommendations achieve", "Too few to say", "Each group needs at least 30 customers"):
        assert expected in page.text
    assert 'href="/console/customers/CUST-1001"' not in page.text
    hindi = await desk.get("/console/recommendations", params=today | {"lang": "hi"})
    assert "हर समूह में कम से कम 30 ग्राहक चाहिए" in hindi.text


@pytest.mark.parametrize("path", ["/renewal-model", "/assistant/documents"])
async def test_page_opens_for_an_agent(browser_of: BrowserOf, path: str) -> None:
    agent = await browser_of("agent")
    assert (await agent.get(f"/console{path}")).status_code == 200


async def test_settings_of_the_assistant_are_for_administrators(browser_of: BrowserOf) -> None:
    agent = await browser_of("agent")
    assert (await agent.get("/console/assistant/settings")).status_code == 403
