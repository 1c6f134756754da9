"""The control interface of the vendors' sandbox, which runs beside us where no vendor account is configured."""

from typing import Final, Literal, TypedDict
from urllib.parse import quote

import aiohttp
import orjson

from py360.console.api_client import Data
from py360.kit.errors import Invalid, NotFound, Unauthenticated, Unavailable
from py360.kit.settings import settings

_AWAY: Final = "The sandbox does not run. `py360 up` starts it while no vendor account is set."
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


class SandboxMessage(TypedDict, total=False):
    """A message that a vendor was given, as its customer has it."""

    id: str
    channel: Literal["email", "sms", "whatsapp"]
    sender: str
    recipient: str
    subject: str
    body: str
    receivedAt: str
    states: list[str]
    links: list[tuple[str, str]]
    reference: str  # our code of the message


class SandboxMessages(TypedDict):
    """The newest messages."""

    messages: list[SandboxMessage]


async def state() -> Data:
    """What the vendors have counted since the sandbox began."""
    data: Data = await _ask("GET", "")
    return data


async def messages(channel: str = "", recipient: str = "", limit: int = 100) -> list[SandboxMessage]:
    """The newest messages. Raises Unavailable when no sandbox runs."""
    params = {"channel": channel, "recipient": recipient, "limit": str(limit)}
    found: SandboxMessages = await _ask("GET", "/messages", {name: value for name, value in params.items() if value})
    return found["messages"]


async def message(message_id: str) -> SandboxMessage:
    """One message with its links; raises NotFound when the sandbox no longer keeps it."""
    found: SandboxMessage = await _ask("GET", f"/messages/{quote(message_id, safe='')}")
    return found


async def payments() -> Data:
    """The newest payment links."""
    data: Data = await _ask("GET", "/payments")
    return data


async def act(message_id: str, action: str) -> None:
    """Have the customer open, click, pay, stop, bounce or complain."""
    await _ask("POST", f"/messages/{quote(message_id, safe='')}/act", body={"action": action})


async def reply(message: SandboxMessage, text: str) -> None:
    """Have the customer answer a message."""
    body = {"channel": message["channel"], "from": message["recipient"], "to": message["sender"], "text": text}
    await _ask("POST", "/send-inbound", body=body)


async def _ask(method: str, path: str, params: dict[str, str] | None = None, body: object = None):  # type: ignore[no-untyped-def]  # each caller names what the path answers
    headers = {"Authorization": f"Bearer {settings().sandbox_secret}", "Content-Type": "application/json"}
    sent = orjson.dumps(body) if body is not None else None
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as http,
            http.request(
                method, f"{settings().sandbox_url}/control{path}", params=params, data=sent, headers=headers
            ) as answer,
        ):
            content = await answer.read()
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(_AWAY) from error
    if status == Unauthenticated.status:  # another installation's, on the same port
        raise Unavailable(_AWAY)
    if status == NotFound.status:
        raise NotFound("The sandbox no longer keeps this message. It forgets when it is restarted.")
    if status >= 400:
        detail = orjson.loads(content).get("detail", "")
        raise Invalid(detail if isinstance(detail, str) else "The sandbox does not take this.")
    return orjson.loads(content)
