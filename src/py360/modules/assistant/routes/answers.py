"""Questions and analyses (domain reference, section 27)."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import StreamingResponse

from py360.kit.caller import Caller
from py360.kit.http import Answer, DbReads, Res, Router, files, ok
from py360.kit.reads import Reads
from py360.kit.wire import dumps
from py360.modules.assistant.access import CanAsk
from py360.modules.assistant.schemas import FiguresIn, PageIn, Question
from py360.modules.assistant.service import calls, chat, functions, rules, settings
from py360.modules.assistant.service.settings import Stored
from py360.modules.assistant.views import AnalysisView, CitationView

router = Router()


@router.post("/ai/chat", responses=files("text/event-stream", "application/json"))
async def ask(
    reads: DbReads,
    caller: CanAsk,
    resources: Res,
    body: Question,
    stream: Annotated[bool, Query(description="false: one JSON answer instead of events")] = True,
) -> Response:
    """Ask the assistant. Events: `token` {text}, then `done` {source, citations, tools, complete, problem}.

    `source` is `model`, or `rules` when there is no model, it failed, or the month's budget is used up; `problem` says why.
    """
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    if stream:
        events = _events(reads, caller, stored, body)
        return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
    ended = chat.Answer()
    text = "".join([piece async for piece in chat.answer(reads, caller, stored, body, ended)])
    return ok({"answer": text, **_end(ended)})


async def _events(reads: Reads, caller: Caller, stored: Stored, body: Question) -> AsyncIterator[bytes]:
    ended = chat.Answer()
    async for piece in chat.answer(reads, caller, stored, body, ended):
        yield b"event: token\ndata: " + dumps({"text": piece}) + b"\n\n"
    yield b"event: done\ndata: " + dumps(_end(ended)) + b"\n\n"


def _end(ended: chat.Answer) -> dict[str, object]:
    citations: list[CitationView] = [
        {"documentId": each.document_id, "name": each.name, "page": each.page} for each in ended.passages
    ]
    return {
        "source": ended.source,
        "citations": citations,
        "tools": ended.tools,
        "complete": ended.is_complete,
        "problem": ended.problem,
    }


@router.post("/ai/dashboard-analysis", response_model=Answer[AnalysisView])
async def analyse_dashboard(reads: DbReads, caller: CanAsk, resources: Res, body: FiguresIn) -> Response:
    """What the dashboard's figures say: situation, insights, recommendations, success metrics, next questions."""
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    task = f"Analyse these figures of the renewal dashboard: {body.dashboard.model_dump_json(by_alias=True)}"
    page = PageIn.model_validate({"page": {"name": "Dashboard"}}).page
    return ok(await functions.analyse(reads, caller, stored, task, page, rules.analyse(body.dashboard)))


@router.post("/ai/optimization", response_model=Answer[AnalysisView])
async def suggest_improvements(reads: DbReads, caller: CanAsk, resources: Res, body: FiguresIn) -> Response:
    """What to change first, for the figures and the filters they were narrowed by."""
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    narrowed = ", ".join(f"{name}: {value}" for name, value in body.filters.items())
    task = f"Suggest what to improve first ({narrowed or 'all cases'}): {body.dashboard.model_dump_json(by_alias=True)}"
    page = PageIn.model_validate({"page": {"name": "Dashboard"}}).page
    by_rules = rules.optimise(body.dashboard, dict(body.filters))
    return ok(await functions.analyse(reads, caller, stored, task, page, by_rules))


@router.post("/ai/page-insights", response_model=Answer[AnalysisView])
async def read_page_insights(reads: DbReads, caller: CanAsk, resources: Res, body: PageIn) -> Response:
    """What is worth knowing on a page."""
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    task = f"Say what is worth knowing on the page {body.page.name} ({body.page.context}), in at most five points."
    by_rules = rules.page_hints(body.page.name, body.dashboard)
    return ok(await functions.analyse(reads, caller, stored, task, body.page, by_rules))
