"""What was answered from here appears in the mailbox's own folder of sent mail, where the office's other programs look."""

import asyncio
from typing import Final

from py360.kit import db, vendor
from py360.kit.vendor import VendorError
from py360.modules.inbox.mailboxes import Mailbox
from py360.modules.inbox.outgoing import deliver
from py360.modules.inbox.outgoing.deliver import SentMail
from py360.modules.inbox.service.lock import note
from py360.modules.inbox.sync.pull import sign_in
from py360.modules.inbox.vendors.imap import ACCOUNT_REFUSED

# Their SMTP servers put what they send into the folder by themselves.
_BY_THEMSELVES: Final = ("gmail", "outlook")


async def keep_copy(email_id: int) -> None:
    """Put a sent mail into its mailbox's folder of sent mail; done again, it is there once. Raises VendorError where a later
    try may help; where none can, the mail's history says that it is not there."""
    found = await deliver.copy_of_sent(email_id)
    if found is None or found[0].provider in _BY_THEMSELVES:
        return
    box, mail = found
    try:
        async with vendor.call("imap", "append", box.provider_id):
            problem = await _append(box, mail)
    except VendorError as error:
        if error.code != ACCOUNT_REFUSED:
            raise
        problem = str(error)
    if problem:
        async with db.unit_of_work() as session:
            await note(session, None, [email_id], "not_in_sent_folder", {"note": problem[:500]})


async def _append(box: Mailbox, mail: SentMail) -> str:
    """Why it cannot be there; empty when it is."""
    connection = await sign_in(box)
    try:
        folders = await asyncio.to_thread(connection.folders)
        sent = next((each.name for each in folders if each.folder == "sent"), None)
        if sent is None:
            return "The mail server names no folder for sent mail."
        await asyncio.to_thread(connection.select, sent)
        if not await asyncio.to_thread(connection.holds, mail.message_id):
            await asyncio.to_thread(connection.append, sent, mail.content, mail.at)
        return ""
    finally:
        await asyncio.to_thread(connection.close)
