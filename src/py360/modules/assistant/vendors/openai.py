"""OpenAI, Azure OpenAI, and every server that implements the same protocol: Ollama, Anthropic's and Google's compatible addresses.

https://platform.openai.com/docs/api-reference/chat · https://github.com/ollama/ollama/blob/main/docs/openai.md
"""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from py360.kit import egress
from py360.modules.assistant.vendors.base import (
    Delta,
    Embedded,
    ModelError,
    ModelSettings,
    ToolCall,
    ToolSpec,
    Turn,
    schema_of,
)

MOST_BYTES: Final = 16 << 20  # of one answer; the longest that may be asked for has some hundred KB
_MOST_CALLS: Final = 8
_MOST_TOKENS: Final = 10_000_000  # of one call


class _CheckedTransport(httpx2.AsyncHTTPTransport):
    """Refuses addresses inside this machine and its networks (`kit.egress`) and answers beyond measure.

    It connects to the very address that was checked: a name that leads elsewhere at the next look changes nothing.
    """

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        request.extensions = {**request.extensions, "sni_hostname": host}  # whose certificate is asked for and checked
        problem: Exception = httpx2.ConnectError(f"{host} has no address")
        try:
            addresses = await egress.addresses_of(host)
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error
        for address in addresses:
            request.url = request.url.copy_with(host=address)
            try:
                answer = await super().handle_async_request(request)
            except httpx2.ConnectError as error:
                problem = error
                continue
            if answer.headers.get("content-encoding", "identity") != "identity":
                await answer.aclose()
                raise httpx2.ReadError("the answer is packed, which nobody asked for")
            answer.stream = _Bounded(answer.stream)
            return answer
        raise problem


class _Bounded(httpx2.AsyncByteStream):
    """The bytes of an answer, at most `MOST_BYTES`."""

    def __init__(self, whole: object) -> None:
        assert isinstance(whole, httpx2.AsyncByteStream)
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._whole:
            size += len(piece)
            if size > MOST_BYTES:
                raise httpx2.ReadError("the answer has no end")
            yield piece

    async def aclose(self) -> None:
        """Give up the rest."""
        await self._whole.aclose()


class OpenAI:
    """The adapter; opens a connection for each call."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings

    async def stream(self, turns: Sequence[Turn], tools: Sequence[ToolSpec]) -> AsyncIterator[Delta]:
        """See `LanguageModel`. An answer that takes longer than the time-out ends with ModelError `late`."""
        chosen = self._settings
        async with _errors_named(), self._client() as client, asyncio.timeout(chosen.timeout):
            answer = await client.chat.completions.create(
                model=chosen.model,
                messages=[_message(turn) for turn in turns],
                tools=[_tool(tool) for tool in tools] or openai.omit,
                temperature=chosen.temperature,
                max_tokens=chosen.max_tokens,
                stream=True,
                stream_options={"include_usage": True},
                extra_body=chosen.extra,
            )
            calls: dict[int, ToolCall] = {}
            ended = False
            async with answer:
                async for chunk in answer:
                    for choice in chunk.choices[:1]:
                        ended = ended or choice.finish_reason is not None
                        for piece in choice.delta.tool_calls or ():
                            if 0 <= piece.index < _MOST_CALLS:
                                calls[piece.index] = _extended(calls.get(piece.index), piece.id, piece.function)
                        if choice.delta.content:
                            yield Delta(text=_text(choice.delta.content))
                    if chunk.usage:
                        yield Delta("", (), _count(chunk.usage.prompt_tokens), _count(chunk.usage.completion_tokens))
            if not ended:
                raise ModelError("nonsense", "the answer broke off")
            if calls:
                yield Delta(calls=tuple(calls[place] for place in sorted(calls)))

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """See `LanguageModel`. https://platform.openai.com/docs/api-reference/embeddings/create"""
        async with _errors_named(), self._client() as client, asyncio.timeout(self._settings.timeout):
            answer = await client.embeddings.create(
                model=self._settings.model, input=list(texts), encoding_format="float"
            )
            vectors = [each.embedding for each in sorted(answer.data, key=lambda each: each.index)]
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) != 1 or not vectors[0]:
            raise ModelError("nonsense", f"{len(vectors)} embeddings for {len(texts)} texts")
        if not all(isinstance(each, (int, float)) and math.isfinite(each) for vector in vectors for each in vector):
            raise ModelError("nonsense", "an embedding that is no vector of numbers")
        return Embedded(vectors, _count(answer.usage.prompt_tokens) if answer.usage else 0)

    async def models(self) -> list[str]:
        """See `LanguageModel`; at most 200 names."""
        async with _errors_named(), self._client() as client, asyncio.timeout(self._settings.timeout):
            return sorted([_text(model.id) async for model in client.models.list()])[:200]

    def _client(self) -> openai.AsyncOpenAI:
        chosen = self._settings
        http = httpx2.AsyncClient(
            transport=_CheckedTransport(),
            timeout=chosen.timeout,
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
        )
        if chosen.provider == "azure":
            return openai.AsyncAzureOpenAI(
                azure_endpoint=chosen.base_url, api_key=chosen.api_key, api_version=chosen.api_version, max_retries=0,
                http_client=http,
            )  # fmt: skip
        return openai.AsyncOpenAI(
            api_key=chosen.api_key or "none", base_url=chosen.base_url, max_retries=0, http_client=http
        )


def _message(turn: Turn) -> ChatCompletionMessageParam:
    if turn.role == "system":
        return {"role": "system", "content": turn.content}
    if turn.role == "user":
        return {"role": "user", "content": turn.content}
    if turn.role == "tool":
        return {"role": "tool", "content": turn.content, "tool_call_id": turn.answers}
    if not turn.calls:
        return {"role": "assistant", "content": turn.content}
    return {
        "role": "assistant",
        "content": turn.content,
        "tool_calls": [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in turn.calls
        ],
    }


def _tool(tool: ToolSpec) -> ChatCompletionToolParam:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": schema_of(tool)},
    }


def _text(value: object) -> str:
    """A text of an answer, as it can be stored; the SDK checks no types. Raises ModelError."""
    if not isinstance(value, str):
        raise ModelError("nonsense", f"{type(value).__name__} where a text belongs")
    return value.encode("utf-8", "replace").decode()


def _count(value: object) -> int:
    """Tokens as a server counts them; what is no number of tokens counts as none."""
    return value if isinstance(value, int) and 0 <= value <= _MOST_TOKENS else 0


def _extended(begun: ToolCall | None, id: str | None, function: object) -> ToolCall:
    """A tool call arrives in pieces: the name first, then its arguments."""
    name, arguments = _text(getattr(function, "name", None) or ""), _text(getattr(function, "arguments", None) or "")
    if begun is None:
        return ToolCall(_text(id or name), name, arguments[:4_000])
    return ToolCall(begun.id, begun.name or name, (begun.arguments + arguments)[:4_000])


@asynccontextmanager
async def _errors_named() -> AsyncIterator[None]:
    """The SDK's errors as ours. https://github.com/openai/openai-python#handling-errors"""
    try:
        yield
    except (openai.APITimeoutError, TimeoutError) as error:
        raise ModelError("late") from error
    except openai.APIConnectionError as error:
        raise ModelError("away", str(error.__cause__ or error)) from error
    except openai.RateLimitError as error:
        raise ModelError("busy", str(error)) from error
    except openai.InternalServerError as error:
        raise ModelError("away", str(error)) from error
    except openai.APIStatusError as error:
        raise ModelError("refused", str(error)) from error
    except (
        openai.OpenAIError,
        httpx2.HTTPError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:  # the SDK checks no types
        raise ModelError("nonsense", f"{type(error).__name__}: {error}") from error
