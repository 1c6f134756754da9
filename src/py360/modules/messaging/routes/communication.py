"""One message to one person, and what became of messages. Handlers that send hold no transaction: the vendor is slow."""

from datetime import date
from typing import Annotated

from fastapi import Query, Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Router, Search, listed, ok
from py360.modules.messaging import queries
from py360.modules.messaging.access import CanSend
from py360.modules.messaging.schemas import BulkStatusIn, EmailIn, TextIn
from py360.modules.messaging.service.send import send
from py360.modules.messaging.views import MessageList, MessageSent, MessageStatuses, MessageView

router = Router()


@router.post("/communication/whatsapp/send", response_model=Answer[MessageSent])
async def send_whatsapp(caller: CanSend, body: TextIn) -> Response:
    """Send a WhatsApp message: a template with its parameters, or a text. `warnings` name what was left empty or not used."""
    return ok(await send(caller, "whatsapp", body))


@router.post("/communication/sms/send", response_model=Answer[MessageSent])
async def send_sms(caller: CanSend, body: TextIn) -> Response:
    """Send an SMS: a text, or a template with its parameters."""
    return ok(await send(caller, "sms", body))


@router.post("/communication/email/send", response_model=Answer[MessageSent])
async def send_email(caller: CanSend, body: EmailIn) -> Response:
    """Send an e-mail: a template with its parameters, or subject and body."""
    return ok(await send(caller, "email", body))


@router.get("/communication/delivery-status/{message_id}", response_model=Answer[MessageView])
@router.get("/communications/delivery-status/{message_id}", include_in_schema=False)
async def delivery_status(reads: DbReads, caller: CanSend, message_id: str) -> Response:
    """What became of one message."""
    return ok((await queries.message(reads, caller, message_id)).to_public())


@router.get("/communications/delivery-status", response_model=Answer[MessageList])
@router.get("/communication/delivery-status", include_in_schema=False)
async def delivery_statuses(
    reads: DbReads,
    caller: CanSend,
    page: PageParams,
    type: Annotated[str | None, Query(description="email, sms, whatsapp, call; comma list")] = None,
    status: Annotated[str | None, Query(description="Comma list")] = None,
    campaign_id: Annotated[str | None, Query(alias="campaignId")] = None,
    case_id: Annotated[str | None, Query(alias="caseId")] = None,
    recipient: Annotated[str | None, Query(max_length=254)] = None,
    since: Annotated[date | None, Query(alias="from")] = None,
    until: Annotated[date | None, Query(alias="to")] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The messages within reach, newest first; `search` takes a piece of the recipient or of the case number."""
    chosen = queries.MessageFilter(type, status, campaign_id, case_id, recipient, since, until, search)
    return await listed(reads, queries.messages(caller, chosen, page.sort), page, as_file)


@router.post("/communications/bulk-status", response_model=Answer[MessageStatuses])
@router.post("/communication/bulk-status", include_in_schema=False)
async def bulk_status(reads: DbReads, caller: CanSend, body: BulkStatusIn) -> Response:
    """What became of many messages; codes out of reach are left out."""
    found = await queries.messages_by_code(reads, caller, body.message_ids)
    return ok({"statuses": [row.to_public() for row in found]})
