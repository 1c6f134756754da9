"""The assistant: a conversation, the documents that it cites, and the model behind it."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import ApiProblem, Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import ASKING, text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

SOURCES: Final = (
    ("internal_docs", text("Internal docs")), ("best_practices", text("Best practices")),
    ("industry_standards", text("Industry standards")),
)  # fmt: skip
DOCUMENTS: Final = Listing(
    address="/assistant/documents",
    path="/ai/knowledge-base",
    key="documents",
    title=text("Documents of the assistant"),
    lead=text("What the assistant cites: product terms, guides, rules of the office."),
    icon="file",
    nothing=text("No documents yet"),
    nothing_text=text("Add a PDF, Word, Markdown or text file: the assistant then answers from it and names the page."),
    filters=(Filter("search", text("Search"), "search"), Filter("source", text("Source"), choices=SOURCES)),
    columns=(
        Column("name", text("Document"), lead=True, under="problem"),
        Column("source", text("Source"), "label"),
        Column("status", text("Status"), "badge"),
        Column("pages", text("Pages"), "number"),
        Column("fileSize", text("Size"), "size"),
        Column("createdAt", text("Added"), "day"),
        Column("refreshedAt", text("Read"), "moment"),
    ),
)
MODELS: Final = (
    ("openai", "OpenAI"),
    ("azure", "Azure OpenAI"),
    ("ollama", "Ollama"),
    ("anthropic", "Anthropic"),
    ("google", "Google"),
)
EXAMPLES: Final = (
    text("Which cases are due this week?"), text("How much is outstanding in my cases?"),
    text("What does the policy say about the grace period?"), text("How did our renewals go this month?"),
)  # fmt: skip
FEATURES: Final = (
    ("renewalInsights", text("Renewals")), ("processOptimization", text("Better processes")),
    ("customerRetention", text("Keeping customers")), ("communicationStrategies", text("What to write to customers")),
    ("predictiveAnalytics", text("Predictions")),
)  # fmt: skip
KEYS: Final = Listing(
    address="/assistant/keys",
    path="/ai/keys",
    key="keys",
    title=text("Keys for other assistants"),
    lead=text("With a key, an assistant of the office reads through MCP (/mcp) what its owner may read."),
    icon="roles",
    nothing=text("No keys yet"),
    nothing_text=text("Make one for an assistant that speaks the Model Context Protocol."),
    filters=(Filter("search", text("Search"), "search"),),
    columns=(
        Column("name", text("Key"), lead=True, under="hint"),
        Column("scopes", text("Reads"), "list"),
        Column("userName", text("Owner")),
        Column("status", text("Status"), "badge"),
        Column("expiresAt", text("Valid until"), "day"),
        Column("lastUsedAt", text("Used"), "moment"),
    ),
)
SCOPES: Final = (("cases", text("Cases")), ("dashboard", text("Dashboard")), ("knowledge", text("Documents")))
ASKED: Final = frozenset({"question"})
CanSet = Annotated[Visit, Depends(VisitWith("settings"))]


@router.get("/assistant")
async def assistant(visit: Annotated[Visit, Depends(VisitWith(*ASKING))]) -> Response:
    """The conversation."""
    return visit.page("assistant/chat.html", state=await visit.api.get(Data, "/ai/status"), examples=EXAMPLES)


@router.get("/assistant/documents")
async def documents(visit: Annotated[Visit, Depends(VisitWith(*ASKING, query=DOCUMENTS.query | ASKED))]) -> Response:
    """The knowledge base; with a question, the passages that fit it."""
    question = visit.request.query_params.get("question", "")
    passages = await visit.api.get(Data, "/ai/knowledge-base/search", question=question) if question else None
    return await DOCUMENTS.show(
        visit, "assistant/documents.html", own=ASKED, question=question, passages=passages, sources=SOURCES
    )


@router.get("/assistant/documents/{knowledge_id}/summary")
async def summary(visit: Annotated[Visit, Depends(VisitWith(*ASKING))], knowledge_id: str) -> Response:
    """A part of a page: what a document says, in a few points."""
    found = await visit.api.post(Data, f"/ai/knowledge-base/{knowledge_id}/summary", {})
    return visit.page("assistant/summary.html", found=found)


@router.get("/assistant/keys")
async def keys(visit: Annotated[Visit, Depends(VisitWith(*ASKING, query=KEYS.query))]) -> Response:
    """The API keys of the caller."""
    return await KEYS.show(visit, "assistant/keys.html", scopes=SCOPES)


@router.get("/assistant/settings")
async def settings(visit: CanSet) -> Response:
    """The model, its limits and its budget."""
    found, state, models = await asyncio.gather(
        visit.api.get(Data, "/ai/settings"), visit.api.get(Data, "/ai/status"), _models(visit)
    )
    return visit.page(
        "assistant/settings.html",
        found=found,
        state=state,
        models=models,
        vendors=MODELS,
        features=FEATURES,
        sources=SOURCES,
    )


async def _models(visit: Visit) -> Data | None:
    """What the vendor offers; None while it cannot be asked."""
    try:
        return await visit.api.get(Data, "/ai/models")
    except ApiProblem:
        return None
