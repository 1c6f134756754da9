"""Settings, status and connection of the assistant (domain reference, section 27)."""

import time
from datetime import datetime

from fastapi import Response

from py360.kit.errors import Conflict
from py360.kit.http import Answer, DbReads, IfMatch, Router, Session, etag, ok
from py360.modules.assistant.access import CanAsk, CanManageAssistant
from py360.modules.assistant.schemas import AssistantSettings
from py360.modules.assistant.service import calls, embeddings, knowledge, settings
from py360.modules.assistant.vendors.base import ModelError
from py360.modules.assistant.views import ConnectionView, ModelList, SettingsView, StatusView

router = Router()
_DOCUMENTS = "select count(*) from knowledge_documents where client_id = %(client)s and status = 'ready'"


@router.get("/ai/status", response_model=Answer[StatusView])
async def read_status(reads: DbReads, caller: CanAsk) -> Response:
    """Who answers questions, the model or the rules, and what was used this month."""
    stored = await settings.read(reads, caller.client_id)
    spent = await calls.spent(reads, caller.client_id)
    with_model = stored.configured and await calls.has_budget(reads, stored, caller.client_id)
    message = (
        f"{stored.values.model} answers." if with_model
        else "This month's budget is used up; rules answer until the next month." if stored.configured
        else "No language model is set up; rules answer."
    )  # fmt: skip
    view: StatusView = {
        "configured": stored.configured,
        "provider": stored.values.provider,
        "model": stored.values.model,
        "source": "model" if with_model else "rules",
        "documents": await reads.fetch_only(int, _DOCUMENTS, {"client": caller.client_id}),
        "search": await embeddings.in_words(reads, stored),
        "usage": spent.to_public(stored.values.monthly_budget),
        "message": message,
    }
    return ok(view)


@router.get("/ai/settings", response_model=Answer[SettingsView])
async def read_settings(reads: DbReads, caller: CanManageAssistant) -> Response:
    """The model, its limits and the features; the key is masked."""
    stored = await settings.read(reads, caller.client_id)
    return ok(_answer(stored, await knowledge.last_updated(reads, caller.client_id)), headers=etag(stored.version))


@router.put("/ai/settings", response_model=Answer[SettingsView])
async def change_settings(
    session: Session, caller: CanManageAssistant, body: AssistantSettings, if_match: IfMatch
) -> Response:
    """Set what is given; what is left out stays. A masked or missing key keeps the stored one, as long as provider and address stay."""
    stored = await settings.write(session, caller.client_id, body, if_match)
    answer = _answer(stored, await knowledge.last_updated(session, caller.client_id))
    return ok(answer | {"message": "The assistant's settings are saved."}, headers=etag(stored.version))


def _answer(stored: settings.Stored, last_updated: datetime | None) -> dict[str, object]:
    """The settings as the API answers them, and when the knowledge base was read last."""
    public = stored.to_public()
    knowledge_base = public["knowledgeBase"]
    assert isinstance(knowledge_base, dict)
    return public | {"knowledgeBase": {**knowledge_base, "lastUpdated": last_updated}}


@router.post("/ai/test-connection", response_model=Answer[ConnectionView])
async def test_connection(reads: DbReads, caller: CanManageAssistant) -> Response:
    """Ask the model's server for its models, with the stored settings."""
    stored = await settings.read(reads, caller.client_id)
    began = time.monotonic()
    problem = None
    try:
        names = await stored.model().models()
        message = f"Connected. {len(names)} models are offered."
        if stored.values.model not in names:
            message = f"Connected, but “{stored.values.model}” is not among the {len(names)} models offered."
    except ModelError as error:
        message = problem = str(error)
    seconds = time.monotonic() - began
    await calls.note(calls.Payer.of(caller), "test", stored, seconds, problem)
    return ok({"connected": problem is None, "milliseconds": int(seconds * 1000), "message": message})


@router.get("/ai/models", response_model=Answer[ModelList])
async def list_models(reads: DbReads, caller: CanManageAssistant) -> Response:
    """The models that the server offers; 409 when the server at the address in the settings cannot be asked."""
    stored = await settings.read(reads, caller.client_id)
    try:
        return ok({"models": await stored.model().models()})
    except ModelError as error:
        raise Conflict(str(error), code="model_unavailable") from error
