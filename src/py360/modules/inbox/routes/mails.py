"""Lists of mails, one mail, and what belongs to it."""

from typing import Annotated, Literal

from fastapi import Query, Response
from fastapi.responses import StreamingResponse

from py360.kit import db
from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Search, attached, etag, files, listed, ok
from py360.modules.inbox.access import CanReadMail
from py360.modules.inbox.queries import files as mail_files
from py360.modules.inbox.queries import mails as queries
from py360.modules.inbox.queries.filters import MailFilter
from py360.modules.inbox.routes.base import router
from py360.modules.inbox.service import viewers, work
from py360.modules.inbox.views import EventList, MailDetailView, MailList, NoteList, ViewerList
from py360.modules.settings import api as settings

FilterParams = Annotated[MailFilter, Query()]


@router.get("/emails", response_model=Answer[MailList])
async def list_mails(
    res: Res, caller: CanReadMail, page: PageParams, chosen: FilterParams, as_file: AsFile = None
) -> Response:
    """The mails within the caller's reach, the newest first; `module=renewal` those about a policy."""
    found = await queries.mails(res.reads, caller, chosen, page.sort, res.clock.now())
    return await listed(res.reads, found, page, as_file)


@router.get("/emails/export", responses=files("text/csv", "*/*"), response_class=StreamingResponse)
async def export_mails(
    res: Res,
    caller: CanReadMail,
    chosen: FilterParams,
    format: Annotated[Literal["csv", "xlsx", "pdf", "json"], Query()] = "csv",
) -> Response:
    """The mails of a filter as a file: id, from, subject, category, status, priority, date, attachments."""
    found = await queries.mails(res.reads, caller, chosen, None, res.clock.now())
    return await listed(res.reads, found, None, format)


@router.get("/emails/{email_id}", response_model=Answer[MailDetailView])
async def read_mail(
    res: Res,
    caller: CanReadMail,
    email_id: str,
    images: Annotated[
        bool, Query(description="With remote images, which tell the sender that the mail was read")
    ] = False,
) -> Response:
    """One mail with its text; it counts as read then, unless the office says otherwise. Remote images are left out."""
    found = await queries.detail(res.reads, caller, email_id, images=images)
    in_force = await settings.get(res.reads, caller.client_id, settings.Email)
    if in_force.mark_as_read_on_open and not found["isRead"] and not caller.read_only:
        async with db.unit_of_work() as session:
            await work.mark_read_on_open(session, caller, found["emailId"])
        found["isRead"] = found["read"] = True
    await viewers.note(caller, found["emailId"])
    return ok(found, headers=etag(found["version"]))


@router.get("/emails/{email_id}/notes", response_model=Answer[NoteList])
async def list_notes(
    reads: DbReads, caller: CanReadMail, email_id: str, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The notes of a mail, the oldest first."""
    found = await queries.mail(reads, caller, email_id)
    return await listed(reads, queries.note_list(found.id, search, page.sort), page, as_file)


@router.get("/emails/{email_id}/thread", response_model=Answer[MailList])
async def read_thread(
    reads: DbReads, caller: CanReadMail, email_id: str, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The conversation of a mail, the oldest first."""
    found = await queries.mail(reads, caller, email_id)
    return await listed(reads, queries.thread(caller, found, search, page.sort), page, as_file)


@router.get("/emails/{email_id}/related", response_model=Answer[MailList])
async def related_mails(
    reads: DbReads, caller: CanReadMail, email_id: str, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """Mails of the same sender, and those whose subject has words in common."""
    found = await queries.mail(reads, caller, email_id)
    return await listed(reads, queries.related(caller, found, search, page.sort), page, as_file)


@router.get("/emails/{email_id}/audit", response_model=Answer[EventList])
async def read_audit(
    reads: DbReads, caller: CanReadMail, email_id: str, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """Who did what with a mail, and when."""
    found = await queries.mail(reads, caller, email_id)
    return await listed(reads, queries.audit(found.id, search, page.sort), page, as_file)


@router.get("/emails/{email_id}/viewers", response_model=Answer[ViewerList])
async def list_viewers(reads: DbReads, caller: CanReadMail, email_id: str) -> Response:
    """Who has the mail open; asking counts as having it open, too."""
    found = await queries.mail(reads, caller, email_id)
    await viewers.note(caller, found.id)
    return ok({"viewers": await viewers.of(found.id)})


@router.get("/emails/{email_id}/attachments/{attachment_id}", responses=files("*/*"), response_class=StreamingResponse)
async def read_attachment(
    res: Res,
    caller: CanReadMail,
    email_id: str,
    attachment_id: str,
    unscanned: Annotated[bool, Query(description="Load it although it was not scanned for viruses yet")] = False,
) -> StreamingResponse:
    """A file of a mail. One that was not scanned yet is sent only with `unscanned=true`, an infected one never."""
    found = await queries.mail(res.reads, caller, email_id)
    file = await mail_files.file_of(res.reads, found.id, attachment_id, unscanned=unscanned)
    return StreamingResponse(
        await res.storage.opened(file.file_path), media_type=file.mime_type, headers=attached(file.file_name)
    )
