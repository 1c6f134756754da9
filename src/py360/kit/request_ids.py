"""Every request has a name, which a caller quotes and the log has, too."""

import random

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestIds:
    """Names every request, in the log and in the answer's X-Request-ID; tells what is left of the caller's quota."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under a name of its own."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = scope["request_id"] = f"{random.getrandbits(64):016x}"  # to tell requests apart, not to guard anything

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                quota = scope.get("quota", ()) if message["status"] != 429 else ()  # a refusal tells its own limit
                message["headers"] = [*message.get("headers", []), (b"x-request-id", name.encode()), *quota]
            await send(message)

        await self.app(scope, receive, named)
