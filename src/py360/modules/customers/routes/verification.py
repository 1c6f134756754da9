"""Verifying the contacts of customers. No transaction is open while a link or a code is sent."""

from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import HTMLResponse

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.crypto import BadToken
from py360.kit.errors import Gone
from py360.kit.http import Answer, DbReads, Public, ok
from py360.kit.pages import Language, Page, notice
from py360.kit.reads import Reads
from py360.modules.customers import queries
from py360.modules.customers.access import CanChangeCustomers
from py360.modules.customers.routes.base import router
from py360.modules.customers.schemas import VerifyEmail, VerifyIn, VerifyPan, VerifyPhone
from py360.modules.customers.verification import page as pages
from py360.modules.customers.verification import service
from py360.modules.customers.verification.service import Named, VerificationView

Wanted = Annotated[str | None, Query(alias="lang", max_length=10, description="Language of the page")]


async def _named(reads: Reads, caller: Caller, body: VerifyIn) -> Named:
    """Whose contact it is; raises NotFound for a customer out of reach."""
    if body.customer_id is None:
        return Named(body.case_id)
    return Named(None, (await queries.customer(reads, caller, str(body.customer_id))).id)


@router.post("/verify/email", response_model=Answer[VerificationView])
async def verify_email(reads: DbReads, caller: CanChangeCustomers, body: VerifyEmail) -> Response:
    """Send a link to an e-mail address, which is verified once the customer clicks it. It must be the one on file of the
    customer."""
    return ok(await service.verify_email(caller, body.email, await _named(reads, caller, body)))


@router.post("/verify/phone", response_model=Answer[VerificationView])
async def verify_phone(reads: DbReads, caller: CanChangeCustomers, body: VerifyPhone) -> Response:
    """Send a one-time code to a phone number; with `code`, check the one that the customer named."""
    return ok(await service.verify_phone(caller, body.phone, await _named(reads, caller, body), body.code))


@router.post("/verify/pan", response_model=Answer[VerificationView])
async def verify_pan(reads: DbReads, caller: CanChangeCustomers, body: VerifyPan) -> Response:
    """Verify a PAN by its form, the class of its holder and the letter of the name; not with the Income Tax Department."""
    return ok(await service.verify_pan(caller, body.pan, await _named(reads, caller, body)))


def _html(page: Page) -> Response:
    return HTMLResponse(page.html, page.status, dict(page.headers))


def _not_valid(error: BadToken | Gone, wanted: str | None) -> Response:
    return _html(notice("This link is not valid", error.message, error.status, Language.of(wanted)))


@router.get("/verify-email/{token}", dependencies=[Public], response_class=HTMLResponse)
async def show_link(token: str, lang: Wanted = None) -> Response:
    """The button. Opening the page verifies nothing, since mail scanners open every link."""
    try:
        async with db.unit_of_work() as session:
            link = await service.open_link(session, token)
    except (BadToken, Gone) as refused:
        return _not_valid(refused, lang)
    return _html(pages.render(link, token, lang, done=link.verified_at is not None))


@router.post("/verify-email/{token}", dependencies=[Public], response_class=HTMLResponse)
async def confirm_link(token: str, lang: Wanted = None) -> Response:
    """The customer says that the address is theirs."""
    try:
        async with db.unit_of_work() as session:
            link = await service.confirm(session, token)
    except (BadToken, Gone) as refused:
        return _not_valid(refused, lang)
    return _html(pages.render(link, token, lang, done=True))
