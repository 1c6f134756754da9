"""The customer's page of a mandate; it also is outside `/api`, where notices point to."""

from contextlib import suppress
from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import HTMLResponse

from py360.kit.crypto import BadToken
from py360.kit.db import unit_of_work
from py360.kit.http import Public, Router, Session
from py360.modules.payments.mandates import change, page
from py360.modules.payments.pages import page as pages
from py360.modules.payments.routes.base import router

root_router = Router("/mandate")  # customers open it from a notice: outside /api, too
Wanted = Annotated[str | None, Query(alias="lang", max_length=10, description="Language of the page")]


def _html(view: page.View, wanted: str | None) -> HTMLResponse:
    shown = pages.render_mandate(view, wanted)
    return HTMLResponse(shown.html, shown.status, shown.headers)


@root_router.head("/{token}", dependencies=[Public], include_in_schema=False)
@router.head("/mandate/{token}", dependencies=[Public], include_in_schema=False)
@root_router.get("/{token}", dependencies=[Public], response_class=HTMLResponse)
@router.get("/mandate/{token}", dependencies=[Public], response_class=HTMLResponse)
async def look(session: Session, token: str, lang: Wanted = None) -> Response:
    """What the customer authorised, and the next debit. Opening it changes nothing."""
    return _html(await page.look(session, token), lang)


@root_router.post("/{token}/stop", dependencies=[Public], response_class=HTMLResponse)
@router.post("/mandate/{token}/stop", dependencies=[Public], response_class=HTMLResponse)
async def stop(token: str, lang: Wanted = None) -> Response:
    """Stop the next debit; the mandate stays."""
    try:
        done = "stopped" if await change.stop_debit_by_customer(token) else "too_late"
    except BadToken:
        done = ""
    async with unit_of_work() as session:
        return _html(await page.look(session, token, done), lang)


@root_router.post("/{token}/cancel", dependencies=[Public], response_class=HTMLResponse)
@router.post("/mandate/{token}/cancel", dependencies=[Public], response_class=HTMLResponse)
async def cancel(token: str, lang: Wanted = None) -> Response:
    """Cancel the mandate: nothing is debited any more."""
    with suppress(BadToken):  # the page says that there is no such mandate
        await change.cancel_by_customer(token)
    async with unit_of_work() as session:
        return _html(await page.look(session, token, "cancelled"), lang)


router.add(root_router)
