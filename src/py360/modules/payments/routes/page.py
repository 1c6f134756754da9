"""The customer's payment page; it also is outside `/api`, where links point to."""

from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from py360.kit.http import Public, Router, Session
from py360.modules.payments.pages import page as pages
from py360.modules.payments.routes.base import router
from py360.modules.payments.service import checkout

root_router = Router("/pay")  # customers open it from a message: outside /api, too
Wanted = Annotated[str | None, Query(alias="lang", max_length=10, description="Language of the page")]


def _html(view: checkout.View, wanted: str | None) -> HTMLResponse:
    shown = pages.render(view, wanted)
    return HTMLResponse(shown.html, shown.status, shown.headers)


@root_router.head("/{token}", dependencies=[Public], include_in_schema=False)
@router.head("/pay/{token}", dependencies=[Public], include_in_schema=False)
@root_router.get("/{token}", dependencies=[Public], response_class=HTMLResponse)
@router.get("/pay/{token}", dependencies=[Public], response_class=HTMLResponse)
async def look(session: Session, request: Request, token: str, lang: Wanted = None) -> Response:
    """The customer's payment page. Opening it spends nothing."""
    return _html(await checkout.look(session, token, request.query_params), lang)


@root_router.post("/{token}", dependencies=[Public], response_class=HTMLResponse)
@router.post("/pay/{token}", dependencies=[Public], response_class=HTMLResponse)
async def pay(token: str, lang: Wanted = None) -> Response:
    """Pay: on to the gateway's page, or this page saying why there is nothing to pay."""
    outcome = await checkout.pay(token)
    if isinstance(outcome, checkout.View):
        return _html(outcome, lang)
    return RedirectResponse(outcome.url, 303, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


@root_router.post("/{token}/fresh", dependencies=[Public], response_class=HTMLResponse)
@router.post("/pay/{token}/fresh", dependencies=[Public], response_class=HTMLResponse)
async def fresh(token: str, lang: Wanted = None) -> Response:
    """An expired link: send a fresh one to the contact on file."""
    return _html(await checkout.send_fresh(token), lang)


router.add(root_router)
