"""The office at work: one signed-in person who uses the public HTTP API and the live messages, as the frontend does."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

from py360.entrypoints.home import Refusal

TIMEOUT: Final = aiohttp.ClientTimeout(total=120, sock_connect=10)
SIGN_IN_AGAIN: Final = 401
RECONNECT_SECONDS: Final = 1.0


class Refused(Exception):
    """The API refused: its sentence, and its stable code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Office:
    """Calls the API as one person. `news` holds the newest live message about each upload and campaign, by its code."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self.news: dict[str, dict[str, Any]] = {}
        self._http = http
        self._base = base
        self._tokens: Mapping[str, str] = {}
        self._refreshing = asyncio.Lock()

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in. Raises Refused."""
        self._tokens = await self._call("POST", "/auth/login", {"email": email, "password": password})

    async def get(self, path: str, **query: str | int) -> Any:
        """The data of an answer. Raises Refused, or Refusal when the API does not answer."""
        return await self._call("GET", path, query=query)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send JSON; the data of the answer."""
        return await self._call("POST", path, body or {})

    async def text(self, path: str, **query: str | int) -> str:
        """An answer that is a file."""
        async with self._answer("GET", path, params=query) as answer:
            return await answer.text(encoding="utf-8-sig") if answer.ok else str(await self._data(answer))

    async def upload(self, path: Path) -> Any:
        """Send a policy file, whether or not it was sent before."""
        with path.open("rb") as file:
            form = aiohttp.FormData()
            form.add_field("file", file, filename=path.name)
            return await self._call("POST", "/upload/file", form, query={"force": "true"})

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | aiohttp.FormData | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> Any:
        sent = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        async with self._answer(method, path, params=query, **sent) as answer:
            return await self._data(answer)

    @asynccontextmanager
    async def _answer(self, method: str, path: str, **sent: Any) -> AsyncGenerator[aiohttp.ClientResponse]:
        """The answer to a call, made a second time with a fresh token when the old one has run out."""
        try:
            used = self._tokens
            answer = await self._http.request(method, self._url(path), headers=_bearer(used), **sent)
            if answer.status == SIGN_IN_AGAIN and used and "data" not in sent:
                answer.release()
                await self._refresh(used)
                answer = await self._http.request(method, self._url(path), headers=_bearer(self._tokens), **sent)
            async with answer:
                yield answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refusal(f"The API at {self._base} does not answer ({type(error).__name__}).") from error

    async def _refresh(self, used: Mapping[str, str]) -> None:
        """New tokens, once for all calls that found the old ones run out: a refresh token is good once."""
        async with self._refreshing:
            if self._tokens is used:
                body = {"refreshToken": used["refreshToken"]}
                async with self._http.post(self._url("/auth/refresh"), json=body) as answer:
                    self._tokens = await self._data(answer)

    def _url(self, path: str) -> str:
        return f"{self._base}/api{path}"

    async def _data(self, answer: aiohttp.ClientResponse) -> Any:
        try:
            body = await answer.json()
        except (aiohttp.ContentTypeError, json.JSONDecodeError) as error:
            raise Refusal(f"{answer.url} answered {answer.status}, but the answer is not Py360's.") from error
        if body.get("success"):
            return body["data"]
        raise Refused(body["error"]["message"], body["error"]["code"])

    async def listen(self) -> None:
        """Keep `news` up to date, until cancelled. Live messages may be lost: code that waits also asks now and then."""
        while True:
            try:
                ticket = (await self.post("/ws/ticket"))["ticket"]
                async with self._http.ws_connect(f"{self._base}/ws", params={"ticket": ticket}) as live:
                    async for message in live:
                        if message.type == aiohttp.WSMsgType.TEXT:
                            self._note_update(json.loads(message.data))
            except (aiohttp.ClientError, Refusal):
                pass  # the API is busy or away: connect again
            await asyncio.sleep(RECONNECT_SECONDS)

    def _note_update(self, message: Mapping[str, Any]) -> None:
        about = {"upload.progress": "uploadId", "campaign.metrics": "campaignId"}.get(message["type"])
        if about:
            self.news[message["data"][about]] = message["data"]


def _bearer(tokens: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['token']}"} if tokens else {}


@asynccontextmanager
async def opened(base: str, email: str, password: str) -> AsyncGenerator[Office]:
    """The office, signed in and listening. Raises Refusal when it cannot sign in."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as http:
        office = Office(http, base)
        try:
            await office.sign_in(email, password)
        except Refused as reason:
            raise Refusal(
                f"Cannot sign in as {email}: {reason} Give the password in PY360_ADMIN_PASSWORD if it was changed."
            ) from reason
        listening = asyncio.create_task(office.listen())
        try:
            yield office
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
