"""Documents in short and by meaning, long conversations, and what an office without answers by rules is told over budget."""

import httpx

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from tests.conftest import RunJobs
from tests.factories.assistant import GRACE, add, ask, use_model
from tests.modules.conftest import Sandbox

EMBEDS = {"knowledgeBase": {"embeddingModel": "sandbox-embed"}}


async def passages(admin: httpx.AsyncClient, question: str) -> list[str]:
    found = await admin.get("/api/ai/knowledge-base/search", params={"question": question})
    return [each["name"] for each in found.json()["data"]["passages"]]


async def test_documents_are_found_by_meaning_where_an_embedding_model_is_set(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    await add(as_admin, run_jobs, "grace.md", GRACE.encode())
    await add(
        as_admin, run_jobs, "travel.md", b"Baggage that is lost on a journey is paid for up to five thousand rupees."
    )
    misspelt = "vehicel expirry insurrance"
    assert await passages(as_admin, misspelt) == []
    assert "no embedding model" in (await as_admin.get("/api/ai/status")).json()["data"]["search"]
    await use_model(as_admin, sandbox, **EMBEDS)
    await run_jobs()
    assert (await passages(as_admin, misspelt))[:1] == ["grace.md"]
    assert "by meaning (sandbox-embed)" in (await as_admin.get("/api/ai/status")).json()["data"]["search"]
    await add(
        as_admin, run_jobs, "claims.md", b"Reimbursement needs the original hospitalisation bills and prescriptions."
    )
    assert (await passages(as_admin, "orignal hospitalizaton bils"))[:1] == ["claims.md"]
    async with unit_of_work() as session:
        calls = await db.fetch_only(session, int, "select count(*) from ai_calls where purpose = 'embeddings'")
    assert calls == 5


async def test_an_embedding_model_that_is_away_or_missing_costs_nothing_but_the_meaning(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    await use_model(as_admin, sandbox, knowledgeBase={"embeddingModel": "no-such-model"})
    await add(as_admin, run_jobs, "grace.md", GRACE.encode())
    (listed,) = (await as_admin.get("/api/ai/knowledge-base")).json()["data"]["documents"]
    assert (listed["status"], "by its words only" in listed["problem"]) == ("ready", True)
    assert await passages(as_admin, "grace period") == ["grace.md"]
    async with unit_of_work() as session:
        await db.execute(session, "drop table knowledge_embeddings")  # as in a database without pgvector
    assert "no pgvector" in (await as_admin.get("/api/ai/status")).json()["data"]["search"]
    assert await passages(as_admin, "grace period") == ["grace.md"]
    odd = {"provider": "ollama", "model": "m", "knowledgeBase": {"embeddingModel": "m", "embeddingBaseUrl": "ftp://x"}}
    refused = await as_admin.put("/api/ai/settings", json=odd)
    assert refused.json()["error"]["details"][0]["field"] == "knowledgeBase.embeddingBaseUrl"


async def test_a_document_in_short(as_admin: httpx.AsyncClient, sandbox: Sandbox, run_jobs: RunJobs) -> None:
    number = await add(as_admin, run_jobs, "grace.md", GRACE.encode())
    short = (await as_admin.post(f"/api/ai/knowledge-base/{number}/summary")).json()["data"]
    assert short["source"] == "rules"
    assert "A health policy paid yearly has 30 days of grace; paid monthly it has 15 days." in short["points"]
    await use_model(as_admin, sandbox)
    by_model = (await as_admin.post(f"/api/ai/knowledge-base/{number}/summary")).json()["data"]
    assert by_model["source"] == "model"
    await use_model(as_admin, sandbox, "sandbox-broken")
    assert (await as_admin.post(f"/api/ai/knowledge-base/{number}/summary")).json()["data"] == short
    assert (await as_admin.post("/api/ai/knowledge-base/999999/summary")).status_code == 404


async def test_older_turns_are_summarised_and_the_summary_is_kept(
    as_admin: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    await use_model(as_admin, sandbox, contextWindow=3_000)
    history = [
        {
            "role": "user" if place % 2 == 0 else "assistant",
            "content": f"Turn {place} about CASE-{place}. " + "word " * 60,
        }
        for place in range(14)
    ]

    async def count() -> int:
        async with unit_of_work() as session:
            return await db.fetch_only(session, int, "select count(*) from ai_calls where purpose = 'summary'")

    assert (await ask(as_admin, "Go on, please", history=history))["source"] == "model"
    assert await count() == 1
    assert (await ask(as_admin, "And now?", history=history))["source"] == "model"
    assert await count() == 1
    await use_model(as_admin, sandbox, "sandbox-busy", contextWindow=3_000)
    assert (await ask(as_admin, "And then?", history=history))["source"] == "rules"


async def test_a_changed_document_is_not_answered_from_the_cache(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, run_jobs: RunJobs, clock: FixedClock
) -> None:
    await use_model(as_admin, sandbox)
    number = await add(as_admin, run_jobs, "grace.md", GRACE.encode())
    assert "30 days" in (await ask(as_admin, "What is the grace of a health policy?"))["text"]
    assert (await as_admin.delete(f"/api/ai/knowledge-base/{number}")).status_code == 200
    await add(as_admin, run_jobs, "grace.md", GRACE.replace("30 days", "45 days").encode())
    assert "45 days" in (await ask(as_admin, "What is the grace of a health policy?"))["text"]


async def test_over_budget_without_answers_by_rules_is_refused_until_the_next_month(
    as_admin: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    await use_model(as_admin, sandbox, inputPrice="100000", monthlyBudget="1", fallbackEnabled=False)
    assert (await ask(as_admin, "A first question, please"))["source"] == "model"
    refused = await as_admin.post("/api/ai/chat", json={"message": "A second question, please"})
    assert refused.status_code == 429, refused.text
    assert 0 < int(refused.headers["retry-after"]) <= 31 * 86_400
    assert "budget" in refused.json()["error"]["message"]


async def test_documents_wait_for_a_refresh_where_the_office_wants_it(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    local = {"provider": "ollama", "model": "m", "knowledgeBase": {"autoUpdate": False}}
    assert (await as_admin.put("/api/ai/settings", json=local)).status_code == 200
    await add(as_admin, run_jobs, "grace.md", GRACE.encode())
    assert await passages(as_admin, "grace period") == []
    assert (await as_admin.post("/api/ai/knowledge-base/refresh")).status_code == 200
    await run_jobs()
    assert await passages(as_admin, "grace period") == ["grace.md"]


async def test_answers_come_from_the_sources_that_the_office_chose(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    files = {"file": ("trade.md", b"The trade recommends a grace period reminder by telephone.")}
    added = await as_admin.post("/api/ai/knowledge-base", files=files, data={"source": "best_practices"})
    assert added.status_code == 201, added.text
    await add(as_admin, run_jobs, "grace.md", GRACE.encode())
    assert sorted(await passages(as_admin, "grace period")) == ["grace.md", "trade.md"]
    listed = await as_admin.get("/api/ai/knowledge-base", params={"source": "best_practices"})
    assert [each["name"] for each in listed.json()["data"]["documents"]] == ["trade.md"]
    local = {"provider": "ollama", "model": "m", "knowledgeBase": {"sources": ["internal_docs"]}}
    saved = await as_admin.put("/api/ai/settings", json=local)
    assert saved.status_code == 200, saved.text
    assert await passages(as_admin, "grace period") == ["grace.md"]
    shown = (await as_admin.get("/api/ai/settings")).json()["data"]["knowledgeBase"]
    assert (shown["sources"], shown["lastUpdated"] is not None) == (["internal_docs"], True)
    odd = await as_admin.post("/api/ai/knowledge-base", files=files, data={"source": "hearsay"})
    none = await as_admin.put("/api/ai/settings", json={"knowledgeBase": {"sources": []}})
    assert (odd.status_code, none.status_code) == (422, 422)
    off = await as_admin.put("/api/ai/settings", json={"knowledgeBase": {"enabled": False}})
    assert off.status_code == 200, off.text
    said = await ask(as_admin, "How long is the grace period of a health policy?")
    assert (said["source"], "15 days" in said["text"]) == ("rules", False)


async def test_what_is_left_out_of_the_settings_stays(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await use_model(as_admin, sandbox, knowledgeBase={"autoUpdate": False})
    changed = await as_admin.put("/api/ai/settings", json={"temperature": 0.2, "rateLimit": {"perHour": 10}})
    assert changed.status_code == 200, changed.text
    found = (await as_admin.get("/api/ai/settings")).json()["data"]
    assert (found["provider"], found["model"], found["temperature"], found["apiKey"]) == (
        "openai", "sandbox-chat", 0.2, "********",
    )  # fmt: skip
    assert (found["rateLimit"], found["knowledgeBase"]["autoUpdate"]) == ({"perMinute": 60, "perHour": 10}, False)
    assert (await as_admin.post("/api/ai/test-connection")).json()["data"]["connected"]
    moved = await as_admin.put("/api/ai/settings", json={"baseUrl": "https://8.8.8.8/v1"})
    assert moved.json()["error"]["details"][0]["field"] == "apiKey"
