"""Links in messages: open pixel, clicks, unsubscribing. Public: the signed token is the right to use them."""

import base64
from typing import Annotated, Final

from fastapi import Header, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from py360.kit.crypto import BadToken
from py360.kit.http import Public, Router, Session, files
from py360.kit.pages import Language, Page, notice
from py360.modules.messaging.engagement import unsubscribe as unsubscribing
from py360.modules.messaging.engagement.link_scanners import is_machine
from py360.modules.messaging.engagement.tracking import tracked
from py360.modules.messaging.jobs import inbox
from py360.modules.messaging.links import STOP, read_click, read_message, read_open

router = Router(dependencies=[Public])
GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PRIVATE: Final = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_BEHIND_A_LINK: Final = ".,;:!?)]}>'\"*_~।"  # what programs take for a part of an address; no token ends so
Wanted = Annotated[str | None, Query(alias="lang", max_length=20, description="Language of the page")]
Accepted = Annotated[str | None, Header(alias="accept-language")]


def _html(page: Page) -> Response:
    return HTMLResponse(page.html, page.status, dict(page.headers))


def _not_valid(wanted: str | None, accepted: str | None) -> Response:
    """The page for a link that was cut off, changed or made up."""
    advice = "Please open the link in the newest message you received, exactly as it stands there."
    return _html(notice("This link is not valid", advice, 404, Language.chosen(wanted, accepted)))


@router.get("/track/open/{token}", responses=files("image/gif"), response_class=Response)
async def opened(request: Request, token: str) -> Response:
    """The pixel of an e-mail; an image whatever the token is, since no person reads the answer."""
    try:
        link = read_open(token)
    except BadToken:
        return Response(GIF, 404, PRIVATE, "image/gif")
    if not is_machine(request.headers):
        await inbox.put("track", [tracked(link, "opened")])
    return Response(GIF, media_type="image/gif", headers=PRIVATE)


@router.head("/l/{token}", include_in_schema=False)
@router.head("/track/click/{token}", include_in_schema=False)
@router.get("/l/{token}", include_in_schema=False)
@router.get("/track/click/{token}", response_class=RedirectResponse)
async def clicked(request: Request, token: str, accepted: Accepted = None) -> Response:
    """A link of a message: noted, then followed. Link scanners and prefetchers are sent on without being counted."""
    try:
        link = read_click(token.rstrip(_BEHIND_A_LINK))
    except BadToken:
        return _not_valid(None, accepted)
    if request.method == "GET" and not is_machine(request.headers):
        await inbox.put("track", [tracked(link, "clicked")])
    return RedirectResponse(link.url, 302, PRIVATE)


@router.head("/unsubscribe/{token}", include_in_schema=False)
@router.get("/unsubscribe/{token}", response_class=HTMLResponse)
async def unsubscribe_page(
    session: Session, request: Request, token: str, lang: Wanted = None, accepted: Accepted = None
) -> Response:
    """Shows the page with the button; opening it changes nothing, since mail scanners open every link."""
    try:
        who = await unsubscribing.who(session, read_message(STOP, token.rstrip(_BEHIND_A_LINK)))
    except BadToken:
        return _not_valid(lang, accepted)
    return _html(unsubscribing.page(who, request.url.path, Language.chosen(lang, accepted)))


@router.post("/unsubscribe/{token}", response_class=HTMLResponse)
async def unsubscribe(
    session: Session, request: Request, token: str, lang: Wanted = None, accepted: Accepted = None
) -> Response:
    """Stops the messages: the page's button, and the one-click POST of mail programs (RFC 8058)."""
    try:
        who = await unsubscribing.unsubscribe(session, read_message(STOP, token.rstrip(_BEHIND_A_LINK)))
    except BadToken:
        return _not_valid(lang, accepted)
    return _html(unsubscribing.page(who, request.url.path, Language.chosen(lang, accepted), done=True))
