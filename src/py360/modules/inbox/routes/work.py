"""Work on mails."""

from fastapi import Response

from py360.kit.http import Answer, IfMatch, Session, etag, ok
from py360.modules.inbox.access import CanWorkMail
from py360.modules.inbox.routes.base import router
from py360.modules.inbox.schemas import (
    AssignIn,
    BulkActionIn,
    EscalateIn,
    MailChange,
    NoteIn,
    SenderCategoryIn,
    SnoozeIn,
)
from py360.modules.inbox.service import bulk_actions, senders, work
from py360.modules.inbox.service.lock import lock
from py360.modules.inbox.views import BulkDone, MailDone, MailSaved, NoteAdded, SenderSaved


@router.post("/emails/bulk-actions", response_model=Answer[BulkDone])
async def act_on_several(session: Session, caller: CanWorkMail, body: BulkActionIn) -> Response:
    """One action on up to 500 mails; each is answered by itself."""
    return ok(await bulk_actions.act(session, caller, body))


@router.put("/emails/senders/category", response_model=Answer[SenderSaved])
async def set_sender_category(session: Session, caller: CanWorkMail, body: SenderCategoryIn) -> Response:
    """What a sender is to the office: normal, hni, super_hni or vip. Holds for their mails here and to come."""
    updated = await senders.set_category(session, caller, body.email, body.customer_category)
    return ok(
        {
            "email": body.email,
            "customerCategory": body.customer_category,
            "updated": updated,
            "message": f"{body.email} is {body.customer_category.replace('_', ' ')} now.",
        }
    )


@router.patch("/emails/{email_id}", response_model=Answer[MailSaved])
async def change_mail(
    session: Session, caller: CanWorkMail, email_id: str, body: MailChange, if_match: IfMatch
) -> Response:
    """Change status, category, priority, folder, marks, tags or the case; corrections of what was classified are learned from."""
    version = await work.change(session, caller, email_id, body, if_match)
    return ok({"emailId": email_id, "version": version, "message": "The mail is saved."}, headers=etag(version))


@router.post("/emails/{email_id}/assign", response_model=Answer[MailDone])
async def assign_mail(session: Session, caller: CanWorkMail, email_id: str, body: AssignIn) -> Response:
    """Give a mail to a colleague, or to no one."""
    mail = await lock(session, caller, email_id)
    name = await work.assign(session, caller, [mail], body.assigned_to)
    return ok({"emailId": mail.code, "message": f"{mail.code} is {f'assigned to {name}' if name else 'unassigned'}."})


@router.post("/emails/{email_id}/escalate", response_model=Answer[MailDone])
async def escalate_mail(session: Session, caller: CanWorkMail, email_id: str, body: EscalateIn) -> Response:
    """Escalate a mail, with the reason and how pressing it is."""
    await work.escalate(session, caller, email_id, body)
    return ok({"emailId": email_id, "message": f"{email_id} is escalated."})


@router.post("/emails/{email_id}/snooze", response_model=Answer[MailDone])
async def snooze_mail(session: Session, caller: CanWorkMail, email_id: str, body: SnoozeIn) -> Response:
    """Take a mail out of the inbox until a moment; with null it is back now."""
    await work.snooze(session, caller, email_id, body.until)
    when = "at the chosen time" if body.until else "now"
    return ok({"emailId": email_id, "message": f"{email_id} is back {when}."})


@router.post("/emails/{email_id}/archive", response_model=Answer[MailDone])
async def archive_mail(session: Session, caller: CanWorkMail, email_id: str) -> Response:
    """Archive a mail."""
    await work.archive(session, caller, email_id)
    return ok({"emailId": email_id, "message": f"{email_id} is archived."})


@router.post("/emails/{email_id}/junk", response_model=Answer[MailDone])
async def mark_junk(session: Session, caller: CanWorkMail, email_id: str) -> Response:
    """Put a mail into junk; a rule does so with what its sender writes from now on."""
    mail = await lock(session, caller, email_id)
    await work.mark_junk(session, caller, [mail], "junk")
    return ok(
        {"emailId": mail.code, "message": f"{mail.code} is junk. Mails of {mail.from_email} go there from now on."}
    )


@router.post("/emails/{email_id}/spam", response_model=Answer[MailDone])
async def mark_spam(session: Session, caller: CanWorkMail, email_id: str) -> Response:
    """Put a mail into spam."""
    mail = await lock(session, caller, email_id)
    await work.mark_junk(session, caller, [mail], "spam")
    return ok({"emailId": mail.code, "message": f"{mail.code} is spam."})


@router.post("/emails/{email_id}/notes", status_code=201, response_model=Answer[NoteAdded])
async def add_note(session: Session, caller: CanWorkMail, email_id: str, body: NoteIn) -> Response:
    """A note for colleagues; the sender never sees it."""
    number = await work.add_note(session, caller, email_id, body.content)
    return ok({"noteId": number, "message": "The note is added."}, 201)
