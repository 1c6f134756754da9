"""The reports of new mails to the office's address: whether they arrive, and which did not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.inbox.webhook.views import DeliveryView, WebhookView
from py360.modules.settings import api as settings

_SELECT: Final = """
select d.id, d.email_id, d.status, d.attempts, d.due_at, d.http_status, d.error, d.created_at, d.finished_at
from email_webhook_deliveries d
"""
_SORTS: Final = {"id": "d.id", "createdAt": "d.id", "status": "d.status", "attempts": "d.attempts"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A report of a mail."""

    id: int
    email_id: int
    status: str
    attempts: int
    due_at: datetime
    http_status: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None

    def to_public(self) -> DeliveryView:
        """The report as the API answers it."""
        return {
            "id": self.id,
            "emailId": ids.code("mail", self.email_id),
            "status": self.status,
            "attempts": self.attempts,
            "nextAttemptAt": self.due_at if self.status == "pending" else None,
            "httpStatus": self.http_status,
            "error": self.error,
            "createdAt": self.created_at,
            "finishedAt": self.finished_at,
        }


def deliveries(caller: Caller, status: str | None, search: str | None, sort: str | None) -> Listing[Delivery]:
    """The reports of the caller's clients, the newest first."""
    return Listing(
        "deliveries",
        _SELECT,
        "d.client_id = any(%(clients)s) and (%(status)s::text is null or d.status = %(status)s)"
        " and (%(search)s::text is null or d.error ilike %(search)s or 'EMAIL-' || d.email_id ilike %(search)s)",
        ordering(sort, _SORTS, "-createdAt", "d.id"),
        {"clients": list(caller.client_ids), "status": status, "search": containing(search)},
        Delivery.to_public,
        ("id", "emailId", "status", "attempts", "httpStatus", "error", "createdAt", "finishedAt"),
        file_name="mail_reports",
        row=Delivery,
    )


@dataclass(frozen=True, slots=True)
class _State:
    secret_made_at: datetime | None
    previous_until: datetime | None
    pending: int
    failed: int
    last_delivered_at: datetime | None
    last_error: str | None


_STATE: Final = """
select w.updated_at as secret_made_at, case when w.previous_until > %(now)s then w.previous_until end as previous_until,
  (select count(*) from email_webhook_deliveries d where d.client_id = c.id and d.status = 'pending') as pending,
  (select count(*) from email_webhook_deliveries d where d.client_id = c.id and d.status = 'failed') as failed,
  (select max(d.finished_at) from email_webhook_deliveries d where d.client_id = c.id and d.status = 'delivered') as last_delivered_at,
  (select d.error from email_webhook_deliveries d where d.client_id = c.id and d.error is not null order by d.id desc limit 1)
    as last_error
from identity_public_client c left join email_webhooks w on w.client_id = c.id where c.id = %(client)s
"""


async def state(reads: Reads, caller: Caller, now: datetime) -> WebhookView:
    """Where new mails of the caller's client are reported, and how that goes."""
    in_force = await settings.get(reads, caller.client_id, settings.Email)
    found = await reads.fetch_only(_State, _STATE, {"client": caller.client_id, "now": now})
    return {
        "enabled": in_force.webhook_enabled and bool(in_force.webhook_url),
        "url": in_force.webhook_url,
        "secretMadeAt": found.secret_made_at,
        "previousSecretUntil": found.previous_until,
        "pending": found.pending,
        "failed": found.failed,
        "lastDeliveredAt": found.last_delivered_at,
        "lastError": found.last_error,
    }
