"""Bulk mails as people list them, and how far they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.inbox.bulk_views import BulkMailView, BulkProgressView

# A bulk mail belongs to whoever made it, and to the team that is their home, as uploads do.
OWNED: Final = """(
select b.*, b.created_by as assigned_to, h.node_id
from email_bulk_campaigns b left join organization_public_homes h on h.user_id = b.created_by) b
"""
_SELECT: Final = f"""
select b.id, b.name, b.status, b.subject, b.merge_template, b.recipient_count, b.scheduled_at, b.completed_at, b.note,
  b.created_at, t.name as template, coalesce(r.sent, 0) as sent, coalesce(r.delivered, 0) as delivered,
  coalesce(r.opened, 0) as opened, coalesce(r.clicked, 0) as clicked, coalesce(r.blocked, 0) as blocked,
  coalesce(r.failed, 0) as failed, coalesce(r.pending, 0) as pending, coalesce(r.unknown, 0) as unknown
from {OWNED}
left join templates_public_template t on t.id = b.template_id
left join lateral (
  select count(*) filter (where r.status = 'sent') as sent, count(m.delivered_at) as delivered, count(m.opened_at) as opened,
    count(m.clicked_at) as clicked, count(*) filter (where r.status = 'blocked') as blocked,
    count(*) filter (where r.status = 'failed') as failed, count(*) filter (where r.status = 'unknown') as unknown,
    count(*) filter (where r.status in ('pending', 'claimed')) as pending
  from email_bulk_recipients r left join messaging_public_message m on m.id = r.message_id
  where r.campaign_id = b.id) r on true
"""


@dataclass(frozen=True, slots=True)
class BulkMail:
    """A bulk mail with its counts."""

    id: int
    name: str
    status: str
    subject: str | None
    merge_template: str | None
    recipient_count: int
    scheduled_at: datetime | None
    completed_at: datetime | None
    note: str | None
    created_at: datetime
    template: str | None
    sent: int
    delivered: int
    opened: int
    clicked: int
    blocked: int
    failed: int
    pending: int
    unknown: int

    def to_public(self) -> BulkMailView:
        """The bulk mail as the API answers it."""
        return {
            "id": ids.code("bulk_mail", self.id),
            "name": self.name,
            "status": self.status,
            "template": self.template,
            "subject": self.subject,
            "mergeTemplate": self.merge_template,
            "recipients": self.recipient_count,
            "sent": self.sent,
            "delivered": self.delivered,
            "opened": self.opened,
            "clicked": self.clicked,
            "blocked": self.blocked,
            "failed": self.failed,
            "unknown": self.unknown,
            "pending": self.pending,
            "progress": round(100 * (self.recipient_count - self.pending) / max(1, self.recipient_count)),
            "createdDate": self.created_at,
            "scheduledDate": self.scheduled_at,
            "completedDate": self.completed_at,
            "note": self.note,
        }


def bulk_mails(caller: Caller, search: str | None, status: str | None, sort: str | None) -> Listing[BulkMail]:
    """The bulk mails within the caller's reach, the newest first."""
    within, params = reach_filter(caller, "b")
    return Listing(
        "campaigns",
        _SELECT,
        f"{within} and (%(search)s::text is null or b.name ilike %(search)s)"
        " and (%(status)s::text is null or b.status = %(status)s)",
        ordering(sort, {"createdDate": "b.id", "name": "lower(b.name)", "status": "b.status"}, "-createdDate", "b.id"),
        {**params, "search": containing(search), "status": status},
        BulkMail.to_public,
        (
            "id",
            "name",
            "status",
            "template",
            "recipients",
            "sent",
            "delivered",
            "opened",
            "clicked",
            "blocked",
            "failed",
            "createdDate",
        ),
        file_name="bulk_emails",
        counted=OWNED,
        row=BulkMail,
    )


async def recent(reads: Reads, within: str, params: Mapping[str, object], most: int) -> Sequence[BulkMail]:
    """The newest bulk mails within a reach that were planned within a time."""
    where = f"{within} and b.created_at >= %(first)s and b.created_at < %(last)s"
    return await reads.fetch_all(
        BulkMail, f"{_SELECT} where {where} order by b.id desc limit %(most)s", {**params, "most": most}
    )


@dataclass(frozen=True, slots=True)
class _Reason:
    reason: str
    count: int


async def progress(reads: Reads, caller: Caller, named: str) -> BulkProgressView:
    """How far a bulk mail is, and why recipients were left out. Raises NotFound."""
    number = ids.number("bulk_mail", named)
    within, params = reach_filter(caller, "b")
    found = await reads.fetch_one(BulkMail, f"{_SELECT} where b.id = %(id)s and {within}", {**params, "id": number})
    if found is None:
        raise NotFound(f"There is no bulk mail “{named[:30]}”.", code="bulk_mail_not_found")
    reasons = await reads.fetch_all(
        _Reason,
        "select coalesce(reason, status) as reason, count(*) as count from email_bulk_recipients where campaign_id = %(id)s"
        " and status in ('blocked', 'failed', 'unknown') group by 1 order by 2 desc limit 20",
        {"id": number},
    )
    return {**found.to_public(), "reasons": [{"reason": each.reason, "count": each.count} for each in reasons]}
