"""A language model's server that implements OpenAI's protocol: streaming, tools, usage, errors, rate limits, slow answers.

It knows nothing: it uses the tool whose name fits the question, and answers with what it was given. The model's name
chooses its manners: `sandbox-chat`, `sandbox-slow` (a second before each piece), `sandbox-busy` (429), `sandbox-broken` (500),
`sandbox-nonsense` (a web page instead of JSON), `sandbox-cut` (ends in mid-answer). `sandbox-embed` embeds: texts of alike
spelling are near each other.
https://platform.openai.com/docs/api-reference/chat/create
"""

import asyncio
import json
import math
import zlib
from collections.abc import AsyncIterator
from typing import Final, TypedDict

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse

MODELS: Final = (
    "sandbox-chat", "sandbox-slow", "sandbox-busy", "sandbox-broken", "sandbox-nonsense", "sandbox-cut", "sandbox-embed",
)  # fmt: skip
DIMENSIONS: Final = 256
_CUES: Final = {
    "find_case": ("status", "which case", "customer"),
    "outstanding_amount": ("outstanding", "owe", "pay"),
    "dashboard_figures": ("figures", "dashboard", "how many"),
}
_FIRST: Final = "\n[1] "  # the first document that the question came with
_LABELS: Final = "You label mails"
_CREATED: Final = 1_760_000_000


class _Message(TypedDict, total=False):
    role: str
    content: str
    tool_call_id: str


class _Function(TypedDict):
    name: str


class _Tool(TypedDict):
    function: _Function


class _Body(TypedDict, total=False):
    model: str
    messages: list[_Message]
    tools: list[_Tool]
    stream: bool


class _ToEmbed(TypedDict, total=False):
    model: str
    input: str | list[str]


def routes() -> APIRouter:
    """The paths under `/openai/v1`."""
    router = APIRouter(prefix="/openai/v1", tags=["openai"])

    @router.get("/models")
    async def models() -> Response:
        """The models there are."""
        data = [{"id": name, "object": "model", "created": _CREATED, "owned_by": "sandbox"} for name in MODELS]
        return JSONResponse({"object": "list", "data": data})

    @router.post("/embeddings")
    async def embed(request: Request) -> Response:
        """Vectors of texts."""
        body: _ToEmbed = await request.json()
        model = body.get("model", "")
        if model != "sandbox-embed":
            return _error(404, "model_not_found", f"The model `{model}` does not exist or does not embed.")
        given = body.get("input", [])
        texts = [given] if isinstance(given, str) else given
        data = [{"object": "embedding", "index": at, "embedding": _vector(text)} for at, text in enumerate(texts)]
        tokens = sum(map(len, texts)) // 4
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return JSONResponse({"object": "list", "data": data, "model": model, "usage": usage})

    @router.post("/chat/completions")
    async def chat(request: Request) -> Response:
        """Answer a conversation, whole or in pieces."""
        body: _Body = await request.json()
        model = body.get("model", "")
        if not request.headers.get("authorization", "").removeprefix("Bearer ").strip():
            return _error(401, "invalid_api_key", "You didn't provide an API key.")
        if model not in MODELS:
            return _error(404, "model_not_found", f"The model `{model}` does not exist.")
        if model == "sandbox-busy":
            return _error(429, "rate_limit_exceeded", "Rate limit reached for requests.", {"Retry-After": "20"})
        if model == "sandbox-broken":
            return _error(500, "server_error", "The server had an error while processing your request.")
        if model == "sandbox-nonsense":
            return HTMLResponse("<html><body>Sign in to the network</body></html>")
        tool = _tool_for(body)
        if body.get("stream"):
            return StreamingResponse(_pieces(model, body, tool), media_type="text/event-stream")
        return JSONResponse(_whole(model, body, tool))

    return router


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"message": message, "type": code, "param": None, "code": code}}, status, headers)


def _last(body: _Body, role: str) -> str:
    return next(
        (each.get("content", "") for each in reversed(body.get("messages", [])) if each.get("role") == role), ""
    )


def _tool_for(body: _Body) -> str:
    """The tool that the question asks for, unless it was used already."""
    messages = body.get("messages", [])
    if not messages or messages[-1].get("role") != "user":
        return ""
    question = _last(body, "user").lower()
    offered = [tool["function"]["name"] for tool in body.get("tools", [])]
    return next((name for name, cues in _CUES.items() if name in offered and any(cue in question for cue in cues)), "")


def _text(body: _Body) -> str:
    if found := _last(body, "tool"):
        return f"This is what I found: {found}"
    system = _last(body, "system")
    if system.startswith(_LABELS):
        return _labels(_last(body, "user"))
    if _FIRST in system:
        return f"According to your documents: {system.partition(_FIRST)[2].strip()} [1]"
    return f"I am the sandbox's model. You asked: {_last(body, 'user')}"


def _vector(text: str) -> list[float]:
    """The pieces of three signs of a text's longer words, counted in `DIMENSIONS` places, of length 1."""
    counts = [0.0] * DIMENSIONS
    for word in text.lower().split():
        marked = f" {word.strip('.,;:!?')} "
        if len(marked) > 5:
            for at in range(len(marked) - 2):
                counts[zlib.crc32(marked[at : at + 3].encode()) % DIMENSIONS] += 1
    length = math.sqrt(sum(count * count for count in counts)) or 1.0
    return [round(count / length, 6) for count in counts]


def _labels(mail: str) -> str:
    """A mail's labels, as a model answers that was asked for JSON; by three words only."""
    lowered = mail.lower()
    angry, refund = "angry" in lowered, "refund" in lowered
    return json.dumps(
        {
            "category": "complaint" if angry else "refund" if refund else "uncategorized",
            "intent": "cancellation_request" if refund else "general_inquiry",
            "sentiment": "negative" if angry else "neutral",
            "urgency": "high" if "today" in lowered else "low",
        }
    )


def _usage(body: _Body, text: str) -> dict[str, int]:
    sent = sum(len(each.get("content") or "") for each in body.get("messages", [])) // 4
    return {"prompt_tokens": sent, "completion_tokens": len(text) // 4, "total_tokens": sent + len(text) // 4}


def _call(name: str, body: _Body) -> dict[str, object]:
    arguments = {} if name == "dashboard_figures" else {"query": _last(body, "user")}
    return {
        "index": 0,
        "id": "call_1",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments)},
    }


def _whole(model: str, body: _Body, tool: str) -> dict[str, object]:
    text = "" if tool else _text(body)
    message = {"role": "assistant", "content": text or None, **({"tool_calls": [_call(tool, body)]} if tool else {})}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": _CREATED, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if tool else "stop"}],
        "usage": _usage(body, text),
    }  # fmt: skip


async def _pieces(model: str, body: _Body, tool: str) -> AsyncIterator[str]:
    text = "" if tool else _text(body)
    deltas: list[dict[str, object]] = [{"role": "assistant", "content": ""}]
    deltas += (
        [{"tool_calls": [_call(tool, body)]}]
        if tool
        else [{"content": text[at : at + 7]} for at in range(0, len(text), 7)]
    )
    for number, delta in enumerate(deltas):
        if model == "sandbox-slow":
            await asyncio.sleep(1)
        if model == "sandbox-cut" and number == 3:
            return
        yield _chunk(model, [{"index": 0, "delta": delta, "finish_reason": None}])
    yield _chunk(model, [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if tool else "stop"}])
    yield _chunk(model, [], usage=_usage(body, text))
    yield "data: [DONE]\n\n"


def _chunk(model: str, choices: list[dict[str, object]], **more: object) -> str:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": model,
        "choices": choices,
        **more,
    }
    return f"data: {json.dumps(chunk)}\n\n"
