"""The communications page of a case: what was said, what people note of it, and what may be offered."""

from typing import Annotated

from fastapi import Depends, Query, Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Search, Session, listed, ok
from py360.modules.cases.access import CanReadCase, CanWorkCases
from py360.modules.cases.queries import communications, offers
from py360.modules.cases.queries.filters import case_number
from py360.modules.cases.queries.offers import OffersView
from py360.modules.cases.routes.answers import CommunicationList, CommunicationSaved, CommunicationStarred
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import CommunicationIn, ContactIn, MessageIn, NoteIn, StarIn
from py360.modules.cases.service import communicate
from py360.modules.cases.service.message import send_message as send
from py360.modules.cases.views import CaseMessageView


async def _number(case: str) -> int:
    return case_number(case)


CaseId = Annotated[int, Depends(_number)]


@router.get("/cases/{case}/communications", response_model=Answer[CommunicationList])
async def read_communications(
    reads: DbReads,
    caller: CanReadCase,
    case_id: CaseId,
    page: PageParams,
    channel: Annotated[str | None, Query(max_length=20)] = None,
    starred: Annotated[bool | None, Query(description="Only the starred ones, or only the others")] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """What was said with the customer, with a summary: `responseRate` and `firstCallResolution` in percent, `averageResponseTime`
    in hours, `averageCallDuration` in seconds.

    A campaign keeps the template as it was sent, not each customer's values: where `contentRerendered` is true, the text was
    rendered again with the case's values of today, and [Payment Link] and [Unsubscribe Link] replace the customer's own links.
    """
    found = await communications.communications(reads, caller, case_id, channel, search, page.sort, starred)
    summary = await communications.communication_summary(reads, case_id)
    return await listed(reads, found, page, as_file, summary=summary.to_public())


@router.post("/cases/{case}/communications", status_code=201, response_model=Answer[CaseMessageView])
async def send_communication(caller: CanWorkCases, case_id: CaseId, body: CommunicationIn) -> Response:
    """Send a renewal notice or a payment link; `[Payment Link]` becomes a link that works for 48 hours."""
    pays = body.message_type == "payment_link"
    sent = await send(
        caller,
        case_id,
        channel=body.channel,
        text=body.message,
        subject=body.subject,
        action="Payment link Sent" if pays else "Renewal notice Sent",
        link=pays,
    )
    return ok(sent.to_public(), 201)


@router.post("/cases/{case}/messages", status_code=201, response_model=Answer[CaseMessageView])
async def send_message(caller: CanWorkCases, case_id: CaseId, body: MessageIn) -> Response:
    """Send a quick message; opt-outs and the do-not-contact registry are checked first."""
    sent = await send(
        caller,
        case_id,
        channel=body.channel,
        text=body.message,
        subject=body.subject,
        action="Message Sent",
        quick=True,
    )
    return ok(sent.to_public(), 201)


@router.post("/cases/{case}/contacts", status_code=201, response_model=Answer[CommunicationSaved])
async def log_contact(session: Session, caller: CanWorkCases, case_id: CaseId, body: ContactIn) -> Response:
    """Log a call, chat, message or visit that took place outside this system."""
    code = await communicate.log_contact(session, caller, case_id, body)
    return ok({"id": code, "message": "The communication was logged."}, 201)


@router.put("/communications/{communication_id}/star", response_model=Answer[CommunicationStarred])
async def star_communication(
    session: Session, caller: CanWorkCases, communication_id: str, body: StarIn | None = None
) -> Response:
    """Star a communication of a case; without a body, the other way than now."""
    starred = await communicate.star(session, caller, communication_id, body.starred if body else None)
    words = "starred" if starred else "no longer starred"
    return ok({"id": communication_id, "starred": starred, "message": f"The communication is {words}."})


@router.patch("/communications/{communication_id}", response_model=Answer[CommunicationSaved])
async def note_communication(session: Session, caller: CanWorkCases, communication_id: str, body: NoteIn) -> Response:
    """Note how a communication ended, how the customer rated it, its tags, and whether a follow-up is needed."""
    await communicate.note(session, caller, communication_id, body)
    return ok({"id": communication_id, "message": "The communication was saved."})


@router.get("/cases/{case}/offers", response_model=Answer[OffersView])
async def read_offers(reads: DbReads, caller: CanReadCase, case_id: CaseId) -> Response:
    """Ways to pay the case's amount, in INR, and products that the customer does not hold."""
    return ok(await offers.offers(reads, caller, case_id))
