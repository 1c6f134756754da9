"""Claims reported by customers: the link that staff make, and the page behind it. The signed token is the right to use it."""

from typing import Annotated, Final

from fastapi import File, Form, Header, Query, Response, UploadFile
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from py360.kit import db, field_errors
from py360.kit.crypto import BadToken
from py360.kit.errors import Conflict, Gone, Invalid, TooLarge, UnsupportedType
from py360.kit.http import Answer, DbReads, Public, Res, ok
from py360.kit.pages import Language, Page, notice
from py360.modules.claims.access import CanWorkClaims
from py360.modules.claims.pages import page as pages
from py360.modules.claims.routes.base import router
from py360.modules.claims.schemas import ClaimantIn, ClaimIn, LinkIn
from py360.modules.claims.service import documents, links, report, submit
from py360.modules.claims.views import ClaimLinkView
from py360.modules.files import api as files

Wanted = Annotated[str | None, Query(alias="lang", max_length=10, description="Language of the page")]
Accepted = Annotated[str | None, Header(alias="accept-language", description="Languages of the reader's browser")]
MAX_BODY: Final = 16 << 20  # bytes: a document of 15 MB and its form
Posted = Annotated[str, Form()]  # bounded by the body; what is too long is said on the page
EMPTY: Final = dict.fromkeys(
    ("type", "incidentDate", "claimAmount", "description", "name", "relation", "phone", "email"), ""
)


@router.post("/claims/links", status_code=201, response_model=Answer[ClaimLinkView])
async def make_link(reads: DbReads, caller: CanWorkClaims, body: LinkIn) -> Response:
    """A link through which the customer of a policy reports claims. With `send` it is written to the customer, too."""
    policy = await submit.find_policy(reads, caller, body.policy_number, body.policy_id, body.case_id)
    async with db.unit_of_work() as session:
        address, until = await links.make(session, policy)
        insured = await links.insured_of(session, policy.id)
    if body.send:
        await links.send(insured, address, caller.user_id)
    message = f"The link was sent to {insured.full_name}." if body.send else "The link was made."
    return ok({"url": address, "expiresAt": until, "sent": body.send, "message": message}, 201)


def _html(page: Page) -> Response:
    return HTMLResponse(page.html, page.status, dict(page.headers))


def _not_valid(error: BadToken | Gone, wanted: str | None) -> Response:
    return _html(notice("This link is not valid", error.message, error.status, Language.of(wanted or "en")))


@router.get("/claim/{token}", dependencies=[Public], response_class=HTMLResponse)
async def show_form(token: str, lang: Wanted = None, accepted: Accepted = None) -> Response:
    """The form, and the claims of the policy so far with the documents they wait for. Opening it changes nothing."""
    return await _page(token, pages.language_of(lang, accepted))


async def _page(
    token: str, wanted: str | None, note: str = "", status: int = 200, *, received: bool = False
) -> Response:
    """The page as things stand, with what is wrong or what came in."""
    try:
        async with db.unit_of_work() as session:
            insured = await links.open_link(session, token)
            claims = await links.reported(session, insured.id)
            awaited = await documents.awaited(session, insured.id)
    except (BadToken, Gone) as refused:
        return _not_valid(refused, wanted)
    page = pages.render(
        insured,
        token,
        wanted,
        claims=claims,
        values=EMPTY,
        note=note,
        awaited=awaited,
        received=received,
        status=status,
    )
    return _html(page)


@router.post("/claim/{token}/documents", dependencies=[Public], response_class=HTMLResponse, max_body_size=MAX_BODY)
async def send_document(
    res: Res,
    token: str,
    file: Annotated[UploadFile, File(description="The document, at most 15 MB unless the installation says otherwise")],
    claim: Posted = "",
    kind: Posted = "",
    lang: Wanted = None,
    accepted: Accepted = None,
) -> Response:
    """Send a document that a claim waits for. Its type is found by its content; it is `pending` until it was scanned."""
    wanted = pages.language_of(lang, accepted)
    try:
        async with db.unit_of_work() as session:
            insured = await links.open_link(session, token)
    except (BadToken, Gone) as refused:
        return _not_valid(refused, wanted)
    await res.limits.require(
        "Too many documents at once. Please try again in an hour.", "40/hour", "claim document", str(insured.id)
    )
    try:
        document = await files.receive(file)
        async with db.unit_of_work() as session:
            await documents.receive_from_customer(session, insured.id, claim, kind, document)
    except (Invalid, Conflict, TooLarge, UnsupportedType) as error:
        return await _page(token, wanted, error.message, error.status)
    return await _page(token, wanted, status=201, received=True)


@router.post("/claim/{token}", dependencies=[Public], response_class=HTMLResponse)
async def report_claim(
    res: Res,
    token: str,
    lang: Wanted = None,
    accepted: Accepted = None,
    type: Posted = "",
    incidentDate: Posted = "",  # noqa: N803 - the form's name
    claimAmount: Posted = "",  # noqa: N803 - the form's name
    description: Posted = "",
    name: Posted = "",
    relation: Posted = "",
    phone: Posted = "",
    email: Posted = "",
) -> Response:
    """Report the claim, or say on the page what is wrong. The same claim sent twice is one claim."""
    values = EMPTY | {
        "type": type, "incidentDate": incidentDate, "claimAmount": claimAmount, "description": description,
        "name": name, "relation": relation, "phone": phone, "email": email,
    }  # fmt: skip
    note, new, wanted = "", None, pages.language_of(lang, accepted)
    try:
        async with db.unit_of_work() as session:  # of its own: a refusal undoes it and is still a page
            insured = await links.open_link(session, token)
            claims, awaited = await links.reported(session, insured.id), await documents.awaited(session, insured.id)
    except (BadToken, Gone) as refused:
        return _not_valid(refused, wanted)
    await res.limits.require(
        "Too many claims on this policy. Please call your insurer.", "10/hour", "claim", str(insured.id)
    )
    try:
        body = _claim(values)
        async with db.unit_of_work() as session:
            claim = await report.report_once(session, insured, body)
            awaited = await documents.awaited(session, insured.id)
            claims = await links.reported(session, insured.id)
        new = next(each for each in claims if each.id == claim.id)
    except ValidationError as error:
        note = field_errors.summary(field_errors.details(error.errors()))
    except Invalid as error:
        note = error.message
    page = pages.render(
        insured,
        token,
        wanted,
        claims=claims,
        values=values,
        note=note,
        new=new,
        awaited=awaited,
        status=422 if note else 201,
    )
    return _html(page)


def _claim(values: dict[str, str]) -> ClaimIn:
    """What the form says, as a claim; raises ValidationError."""
    claimant = ClaimantIn.model_validate({key: values[key] for key in ("name", "relation", "phone", "email")})
    fields = {key: values[key] for key in ("type", "incidentDate", "description")}
    amount = values["claimAmount"].replace(",", "").replace("₹", "").strip()
    return ClaimIn.model_validate({**fields, "claimAmount": amount, "claimant": claimant})
