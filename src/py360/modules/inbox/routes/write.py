"""Writing mail."""

from fastapi import Response

from py360.kit import db, ids
from py360.kit.errors import Conflict
from py360.kit.http import Answer, Session, ok
from py360.modules.inbox.access import CanWriteMail
from py360.modules.inbox.outgoing import write
from py360.modules.inbox.outgoing.deliver import deliver
from py360.modules.inbox.routes.base import router
from py360.modules.inbox.schemas import ComposeIn, ForwardIn, ReplyIn
from py360.modules.inbox.views import MailDone, MailSent


async def _sent(number: int, state: str) -> Response:
    """Send what was written down; the answer. Raises Conflict (`not_sent`) when it went to no one: it is a draft then."""
    code = ids.code("mail", number)
    if state != "sending":
        words = "is kept as a draft." if state == "draft" else "is sent at the chosen time."
        return ok({"emailId": code, "status": state, "message": f"{code} {words}", "notSentTo": []}, 201)
    delivered = await deliver(number)
    missed = [{"email": each.email, "reason": each.reason} for each in delivered.not_sent]
    if delivered.status == "failed":
        raise Conflict(
            f"The mail was not sent. {missed[0]['reason'] if missed else ''} It is in your drafts.",
            code="not_sent",
            details=[{"field": "to", "message": f"{each['email']}: {each['reason']}"} for each in missed],
        )
    words = "is sent." if delivered.status == "sent" else "may have been sent: the mail server did not answer."
    return ok({"emailId": code, "status": delivered.status, "message": f"The mail {words}", "notSentTo": missed}, 201)


@router.post("/emails", status_code=201, response_model=Answer[MailSent], max_body_size=2 << 20)
async def write_mail(caller: CanWriteMail, body: ComposeIn) -> Response:
    """Send a mail, keep it as a draft, or send it later. Whom the send gate refuses is named in the answer."""
    async with db.unit_of_work() as session:
        number, state = await write.compose(session, caller, body)
    return await _sent(number, state)


@router.post("/emails/{email_id}/reply", status_code=201, response_model=Answer[MailSent], max_body_size=2 << 20)
async def reply_to_mail(caller: CanWriteMail, email_id: str, body: ReplyIn) -> Response:
    """Answer a mail, in its conversation and from the mailbox it came to."""
    async with db.unit_of_work() as session:
        number, state = await write.reply(session, caller, email_id, body)
    return await _sent(number, state)


@router.post("/emails/{email_id}/forward", status_code=201, response_model=Answer[MailSent], max_body_size=2 << 20)
async def forward_mail(caller: CanWriteMail, email_id: str, body: ForwardIn) -> Response:
    """Pass a mail on, with its files."""
    async with db.unit_of_work() as session:
        number, state = await write.forward(session, caller, email_id, body)
    return await _sent(number, state)


@router.delete("/emails/scheduled/{email_id}", response_model=Answer[MailDone])
async def cancel_scheduled(session: Session, caller: CanWriteMail, email_id: str) -> Response:
    """Take a scheduled mail back; it is a draft again."""
    await write.cancel_scheduled(session, caller, email_id)
    return ok({"emailId": email_id, "message": f"{email_id} is not sent; it is in your drafts."})
