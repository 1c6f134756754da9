"""The files of mails, kept by the module files; what it does not take is reported with the mail."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb
from py360.kit.errors import Problem
from py360.modules.files import api as files
from py360.modules.inbox.ingest.mime import MailPart
from py360.modules.inbox.mailboxes import Mailbox
from py360.modules.inbox.stored_json import ListedFile

ENTITY = "email"


async def keep_files(session: AsyncSession, box: Mailbox, mails: Sequence[tuple[int, Sequence[MailPart]]]) -> None:
    """Store the files of new mails, and list them with the mails: with what was not kept, and why."""
    for email_id, parts in mails:
        if not parts:
            continue
        listed = [await _keep(session, box.client_id, email_id, part) for part in parts]
        await db.execute(
            session,
            "update emails set attachments = %(files)s::jsonb where id = %(id)s",
            {"id": email_id, "files": jsonb.dumps(listed)},
        )


async def _keep(session: AsyncSession, client_id: int, email_id: int, part: MailPart) -> ListedFile:
    entry: ListedFile = {
        "name": part.name,
        "size": len(part.content),
        "type": part.media_type,
        "contentId": part.content_id,
        "fileId": None,
        "note": None,
    }
    try:
        document = files.recognise(part.name, part.content)
        entity = files.Entity(email_id, client_id, f"email-{email_id}")
        entry["fileId"] = await files.store(session, ENTITY, entity, document)
    except Problem as refused:
        entry["note"] = f"Not kept: {refused.message} It is still in the mailbox."
    return entry
