"""Reports of new mails to an address of the office's own."""

from typing import Annotated, Literal

from fastapi import Query, Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Search, Session, listed, ok
from py360.modules.inbox.access import CanManageMailboxes
from py360.modules.inbox.queries import webhook as queries
from py360.modules.inbox.routes.base import router
from py360.modules.inbox.webhook import secret, try_again
from py360.modules.inbox.webhook.views import DeliveryList, ReportsRetried, ReportTested, SecretMade, WebhookView


@router.get("/email-webhook", response_model=Answer[WebhookView])
async def read_webhook(res: Res, caller: CanManageMailboxes) -> Response:
    """Where new mails are reported (`webhookUrl` of the e-mail settings), and whether the reports arrive."""
    return ok(await queries.state(res.reads, caller, res.clock.now()))


@router.post("/email-webhook/secret", status_code=201, response_model=Answer[SecretMade])
async def make_secret(res: Res, session: Session, caller: CanManageMailboxes) -> Response:
    """Make the secret that reports are signed with (Standard Webhooks). It is shown this once; the one before signs for a day more."""
    now = res.clock.now()
    made = await secret.rotate(session, caller.client_id, now)
    message = "Copy the secret now: it is not shown again."
    return ok({"secret": made, "previousSecretUntil": now + secret.OVERLAP, "message": message}, 201)


@router.post("/email-webhook/test", response_model=Answer[ReportTested])
async def test_webhook(caller: CanManageMailboxes) -> Response:
    """Send a report of type `email.test` now."""
    refused = await try_again.test(caller)
    if refused is None:
        return ok({"success": True, "httpStatus": None, "message": "The address took the test report."})
    return ok({"success": False, "httpStatus": refused.status, "message": refused.message})


@router.post("/email-webhook/retry", response_model=Answer[ReportsRetried])
async def retry_reports(res: Res, session: Session, caller: CanManageMailboxes) -> Response:
    """Send the reports that were given up again."""
    count = await try_again.retry(session, caller, res.clock.now())
    return ok({"count": count, "message": f"{count} reports are sent again."})


@router.get("/email-webhook/deliveries", response_model=Answer[DeliveryList])
async def list_reports(
    reads: DbReads,
    caller: CanManageMailboxes,
    page: PageParams,
    search: Search = None,
    status: Annotated[Literal["pending", "delivered", "failed"] | None, Query()] = None,
    as_file: AsFile = None,
) -> Response:
    """The reports of the last 30 days, the newest first, with why one was not taken."""
    return await listed(reads, queries.deliveries(caller, status, search, page.sort), page, as_file)
