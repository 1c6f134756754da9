"""Calls to customers, and what the voice provider reports of them."""

from typing import Annotated

from fastapi import Depends, Request, Response

from py360.kit.errors import NotFound
from py360.kit.http import Answer, Public, Router, ok
from py360.kit.settings import settings
from py360.kit.webhooks import Request as Incoming
from py360.modules.cases.access import CanWorkCases
from py360.modules.cases.jobs import inbox
from py360.modules.cases.queries.filters import case_number
from py360.modules.cases.routes.answers import CallStarted
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import CallIn
from py360.modules.cases.service import call as calls
from py360.modules.cases.webhooks import VOICE

webhooks = Router(dependencies=[Public])


async def _number(case: str) -> int:
    return case_number(case)


CaseId = Annotated[int, Depends(_number)]


def _started(made: calls.Call) -> Response:
    words = "Your phone rings first." if made.status == "initiated" else "It is not known whether the call was made."
    return ok({"callId": made.code, "caseId": made.case_number, "status": made.status, "message": words}, 201)


@router.post("/cases/{case}/call", status_code=201, response_model=Answer[CallStarted])
async def call_customer(caller: CanWorkCases, case_id: CaseId) -> Response:
    """Call the customer by the office's voice provider: the caller's own phone rings first, then the customer is connected."""
    return _started(await calls.call(caller, case_id))


@router.post("/communication/call", status_code=201, response_model=Answer[CallStarted])
async def call_by_case(caller: CanWorkCases, body: CallIn) -> Response:
    """The same, with the case in the body."""
    return _started(await calls.call(caller, case_number(body.case_id)))


@webhooks.post("/webhooks/call/{provider}", response_class=Response)
async def call_events(request: Request, provider: str) -> Response:
    """Progress of calls (Twilio Voice: X-Twilio-Signature over the public address). Answers with TwiML that ends the call."""
    if provider != VOICE.name:
        raise NotFound(f"There are no webhooks for {provider[:50]} here.")
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{settings().public_url}{request.url.path}{query}"
    await inbox.receive(VOICE, Incoming(await request.body(), request.headers, url))
    return Response("<Response/>", media_type="application/xml")


router.add(webhooks)
