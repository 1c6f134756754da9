"""What every answer carries: the request's name, what is left of the quota, and what keeps browsers from guessing or keeping it."""

import random
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
NO_STORE: Final = (b"cache-control", b"no-store")


class Headers:
    """Names every request, in the log and in the answer's X-Request-ID. An answer that says nothing else is kept nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under a name of its own."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = scope["request_id"] = f"{random.getrandbits(64):016x}"  # to distinguish requests, not to guard anything

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                quota = scope.get("quota", ()) if message["status"] != 429 else ()  # a refusal shows its own limit
                own = message.get("headers", ())
                set_already = {header for header, _ in own}
                always = [header for header in (NOSNIFF, NO_STORE) if header[0] not in set_already]
                message["headers"] = [*own, (b"x-request-id", name.encode()), *always, *quota]
            await send(message)

        await self.app(scope, receive, send_with_headers)
