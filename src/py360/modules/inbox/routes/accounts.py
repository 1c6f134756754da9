"""The connected mailboxes."""

from fastapi import Response

from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Search, Session, etag, listed, ok
from py360.modules.inbox.access import CanManageMailboxes, CanSeeMailSettings
from py360.modules.inbox.queries import accounts as queries
from py360.modules.inbox.routes.base import router
from py360.modules.inbox.schemas import ConsentGiven, ConsentIn, MailboxIn, ReconsentIn
from py360.modules.inbox.service import accounts, consent
from py360.modules.inbox.views import ConsentBegun, MailboxList, MailboxSaved, MailboxTested, MailboxView


@router.get("/email-accounts", response_model=Answer[MailboxList])
async def list_mailboxes(
    reads: DbReads, caller: CanSeeMailSettings, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The mailboxes, with when they were synchronised last and what is wrong where something is."""
    return await listed(reads, queries.accounts(caller, search, page.sort), page, as_file)


@router.post("/email-accounts", status_code=201, response_model=Answer[MailboxSaved])
async def connect_mailbox(session: Session, caller: CanManageMailboxes, body: MailboxIn) -> Response:
    """Connect a mailbox. Its first synchronisation starts at once."""
    number = await accounts.connect(session, caller, body)
    return ok({"id": number, "message": f"{body.email} is connected. Its mails come in now."}, 201)


@router.post("/email-accounts/authorize", response_model=Answer[ConsentBegun])
async def begin_consent(session: Session, caller: CanManageMailboxes, body: ConsentIn) -> Response:
    """Begin to connect a mailbox of Gmail or Outlook: the vendor's page, where its owner signs in. Ten minutes are left for it.

    The page sends the browser back to `redirectUri`, which is registered with the application at the vendor.
    """
    page = await consent.begin(session, caller, body)
    return ok(_begun(page))


@router.post("/email-accounts/authorize/finish", response_model=Answer[MailboxSaved])
async def finish_consent(caller: CanManageMailboxes, body: ConsentGiven) -> Response:
    """Connect the mailbox with what the vendor's page sent the browser back with; only for the user who began it, once."""
    number = await consent.finish(caller, body)
    return ok({"id": number, "message": "The mailbox is connected. Its mails come in now."})


@router.post("/email-accounts/{account_id}/authorize", response_model=Answer[ConsentBegun])
async def begin_consent_again(
    session: Session, caller: CanManageMailboxes, account_id: int, body: ReconsentIn
) -> Response:
    """Begin to sign in to a connected mailbox of Gmail or Outlook again, such as after its sign-in was revoked."""
    page = await consent.begin_again(session, caller, account_id, body)
    return ok(_begun(page))


def _begun(page: str) -> ConsentBegun:
    return {
        "authorizationUrl": page,
        "redirectUri": consent.redirect_uri(),
        "message": "Sign in on the vendor's page now.",
    }


@router.get("/email-accounts/{account_id}", response_model=Answer[MailboxView])
async def read_mailbox(reads: DbReads, caller: CanSeeMailSettings, account_id: int) -> Response:
    """One mailbox; its secrets are masked. The ETag is what a change asks for."""
    found = await queries.account(reads, caller, account_id)
    return ok(found.to_public(), headers=etag(found.version))


@router.put("/email-accounts/{account_id}", response_model=Answer[MailboxSaved])
async def change_mailbox(
    session: Session, reads: DbReads, caller: CanManageMailboxes, account_id: int, body: MailboxIn, if_match: IfMatch
) -> Response:
    """Save a mailbox again; a masked or missing secret keeps its value."""
    before = await queries.account(reads, caller, account_id)
    await accounts.change(session, caller, account_id, body, if_match)
    body.as_shown(dict(before.to_public()))
    return ok({"id": account_id, "message": f"{body.email} is saved."})


@router.delete("/email-accounts/{account_id}", response_model=Answer[MailboxSaved])
async def disconnect_mailbox(session: Session, caller: CanManageMailboxes, account_id: int) -> Response:
    """Remove a mailbox with its mails here; they stay at the server."""
    mails = await accounts.disconnect(session, caller, account_id)
    return ok({"id": account_id, "message": f"The mailbox and its {mails} mails here are removed."})


@router.post("/email-accounts/{account_id}/test", response_model=Answer[MailboxTested])
async def test_mailbox(caller: CanManageMailboxes, account_id: int) -> Response:
    """Sign in at both servers, IMAP and SMTP; nothing is sent."""
    tested = await accounts.test(caller, account_id)
    return ok(
        {
            "success": tested.imap and tested.smtp,
            "imap": tested.imap,
            "smtp": tested.smtp,
            "imapMessage": tested.imap_message,
            "smtpMessage": tested.smtp_message,
            "message": f"{tested.imap_message} {tested.smtp_message}",
        }
    )


@router.post("/email-accounts/{account_id}/sync", status_code=202, response_model=Answer[MailboxSaved])
async def sync_mailbox(session: Session, caller: CanManageMailboxes, account_id: int) -> Response:
    """Synchronise a mailbox now."""
    await accounts.ask_for_sync(session, caller, account_id)
    return ok({"id": account_id, "message": "The mailbox is synchronised now."}, 202)
