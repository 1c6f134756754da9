"""Links in messages: open pixel, clicks, unsubscribing. Public: the signed token is the right to use them."""

import base64
from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from py360.kit.http import Public, Router, Session
from py360.modules.messaging.engagement import unsubscribe as unsubscribing
from py360.modules.messaging.engagement.link_scanners import is_machine
from py360.modules.messaging.engagement.tracking import tracked
from py360.modules.messaging.jobs import inbox
from py360.modules.messaging.links import OPEN, STOP, read_click, read_message

router = Router(dependencies=[Public])
GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PRIVATE: Final = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@router.get("/track/open/{token}")
async def opened(request: Request, token: str) -> Response:
    """The pixel of an e-mail."""
    message_id = read_message(OPEN, token)
    if not is_machine(request.headers):
        await inbox.put("track", [tracked(message_id, "opened")])
    return Response(GIF, media_type="image/gif", headers=PRIVATE)


@router.head("/l/{token}", include_in_schema=False)
@router.head("/track/click/{token}", include_in_schema=False)
@router.get("/l/{token}", include_in_schema=False)
@router.get("/track/click/{token}")
async def clicked(request: Request, token: str) -> Response:
    """A link of a message: noted, then followed. Link scanners and prefetchers are sent on without being counted."""
    link = read_click(token)
    if request.method == "GET" and not is_machine(request.headers):
        await inbox.put("track", [tracked(link.message_id, "clicked")])
    return RedirectResponse(link.url, 302, PRIVATE)


@router.head("/unsubscribe/{token}", include_in_schema=False)
@router.get("/unsubscribe/{token}")
async def unsubscribe_page(session: Session, token: str) -> Response:
    """Shows the page with the button; opening it changes nothing, since mail scanners open every link."""
    who = await unsubscribing.who(session, read_message(STOP, token))
    return HTMLResponse(unsubscribing.page(who), headers=PRIVATE)


@router.post("/unsubscribe/{token}")
async def unsubscribe(session: Session, token: str) -> Response:
    """Stops the messages: the page's button, and the one-click POST of mail programs (RFC 8058)."""
    who = await unsubscribing.unsubscribe(session, read_message(STOP, token))
    return HTMLResponse(unsubscribing.page(who, done=True), headers=PRIVATE)
