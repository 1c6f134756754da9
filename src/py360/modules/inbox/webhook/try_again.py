"""Trying the office's address: a report of no mail, and those that were given up."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict
from py360.kit.jobs import defer
from py360.kit.wire import dumps
from py360.modules.inbox.webhook import secret
from py360.modules.inbox.webhook.deliver import Refusal, post
from py360.modules.settings import api as settings


async def test(caller: Caller) -> Refusal | None:
    """Send a report of type `email.test`, signed like any other; why it was not taken. Raises Conflict (`no_webhook`)."""
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        url = (await settings.get(session, caller.client_id, settings.Email)).webhook_url
        if not url:
            raise Conflict("Enter the address of the webhook in the settings first.", code="no_webhook")
        secrets = await secret.in_force(session, caller.client_id, now)
    body = dumps({"type": "email.test", "timestamp": now, "data": {}})
    return await post(url, secret.headers(f"email_test_{crypto.random_token()[:16]}", now, body, secrets), body)


async def retry(session: AsyncSession, caller: Caller, now: datetime) -> int:
    """Send the reports of the caller's client that were given up again, from the first try on; how many. Raises Conflict (`no_webhook`)."""
    in_force = await settings.get(session, caller.client_id, settings.Email)
    if not (in_force.webhook_enabled and in_force.webhook_url):
        raise Conflict("Switch the webhook on in the settings first.", code="no_webhook")
    count = await db.execute(
        session,
        "update email_webhook_deliveries set status = 'pending', attempts = 0, due_at = %(now)s, finished_at = null"
        " where client_id = %(client)s and status = 'failed'",
        {"client": caller.client_id, "now": now},
    )
    if count:
        await defer_reports(session, caller.client_id)
    return count


async def defer_reports(session: AsyncSession, client_id: int) -> None:
    """Have the reports of a client sent, by one job at a time."""
    name = f"inbox webhook {client_id}"
    await defer(session, "inbox.report_mails", client_id=client_id, lock=name, queueing_lock=name)
