"""The notice register: what was sent to customers about their cases, with the text, its version, channel, time and proof.

A notice of a campaign is kept as its template's version; a case's own register renders it again with the case's values of
today and says so, the register of all cases shows the version's text as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.cases.queries.reach import check_reach
from py360.modules.cases.views import NoticeView
from py360.modules.messaging import api as messaging
from py360.modules.templates import api as templates

_NOTICES: Final = """
select m.id, m.communication_type, c.case_number, c.policy_number, m.recipient_contact, m.status, m.subject, m.content,
  m.created_at, m.sent_at, m.delivered_at, m.opened_at, m.clicked_at, m.replied_at, m.campaign_id, m.error_message,
  m.vendor_name, m.vendor_message_id, m.template_id, m.template_version, t.name as template_name,
  w.subject as template_subject, w.content as template_content, w.format as template_format, a.name as sent_by
from messaging_public_message m
join cases_public_case c on c.id = m.case_id
left join identity_public_users a on a.id = m.sent_by
left join templates_public_template t on t.id = m.template_id
left join templates_public_version w on w.template_id = m.template_id and w.version = m.template_version
"""
# What the gate refused, and what waits, is no notice yet.
_LEFT: Final = "m.status not in ('pending', 'sending', 'blocked')"
_COLUMNS: Final = (
    "id", "caseId", "policyNumber", "channel", "recipient", "subject", "text", "textIs", "template", "templateVersion",
    "status", "sentAt", "deliveredAt", "openedAt", "repliedAt", "vendor", "vendorMessageId", "sentBy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that left, and the template's version it was made from."""

    id: int
    communication_type: templates.Channel
    case_number: str
    policy_number: str
    recipient_contact: str
    status: str
    subject: str | None
    content: str | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    replied_at: datetime | None
    campaign_id: int | None
    error_message: str | None
    vendor_name: str | None
    vendor_message_id: str | None
    template_id: int | None
    template_version: int | None
    template_name: str | None
    template_subject: str | None
    template_content: str | None
    template_format: templates.Format | None
    sent_by: str | None

    def to_public(self, values: Mapping[str, templates.Value] | None) -> NoticeView:
        """The notice as the API answers it; `values`: of its case, to render a template's text with."""
        subject, text, text_is = self.subject, self.content, "as_sent"
        if self.content is None:
            rendered = messaging.render_history(self, values) if values is not None else None
            subject = rendered.subject or None if rendered else self.template_subject
            text = rendered.text if rendered else self.template_content
            text_is = "rendered_again" if rendered else "template_version" if text is not None else "not_kept"
        return {
            "id": ids.code(self.communication_type, self.id),
            "caseId": self.case_number,
            "policyNumber": self.policy_number,
            "channel": self.communication_type,
            "recipient": self.recipient_contact,
            "subject": subject,
            "text": text,
            "textIs": text_is,
            "template": self.template_name,
            "templateVersion": self.template_version,
            "campaignId": ids.code("campaign", self.campaign_id) if self.campaign_id else None,
            "sentBy": self.sent_by,
            "status": self.status,
            "sentAt": self.sent_at,
            "deliveredAt": self.delivered_at,
            "openedAt": self.opened_at,
            "clickedAt": self.clicked_at,
            "repliedAt": self.replied_at,
            "vendor": self.vendor_name,
            "vendorMessageId": self.vendor_message_id,
            "error": self.error_message,
        }


async def notices_of_case(
    reads: Reads, caller: Caller, case_id: int, search: str | None, sort: str | None
) -> Listing[Notice]:
    """The register of one case; raises NotFound."""
    await check_reach(reads, caller, case_id)
    values: Mapping[str, templates.Value] = (await templates.case_values(reads, [case_id])).get(case_id, {})
    return _listing("m.case_id = %(case)s", {"case": case_id}, values, search, None, sort)


def notices(caller: Caller, search: str | None, channel: str | None, sort: str | None) -> Listing[Notice]:
    """The register of the cases within the caller's reach; `search` takes a piece of a policy number or a contact."""
    within, params = reach_filter(caller)
    return _listing(f"m.client_id = any(%(reach_clients)s) and {within}", dict(params), None, search, channel, sort)


def _listing(
    where: str,
    params: Mapping[str, object],
    values: Mapping[str, templates.Value] | None,
    search: str | None,
    channel: str | None,
    sort: str | None,
) -> Listing[Notice]:
    known = {"sentAt": "m.id", "createdAt": "m.id", "policyNumber": "c.policy_number", "status": "m.status"}
    return Listing(
        "notices",
        _NOTICES,
        f"{where} and {_LEFT} and (%(channel)s::text is null or m.communication_type = %(channel)s)"
        " and (%(search)s::text is null or c.policy_number ilike %(search)s or m.recipient_contact ilike %(search)s)",
        ordering(sort, known, "-sentAt", "m.id"),
        {**params, "channel": channel, "search": containing(search)},
        partial(_to_public, values),
        _COLUMNS,
        row=Notice,
    )


def _to_public(values: Mapping[str, templates.Value] | None, notice: Notice) -> NoticeView:
    return notice.to_public(values)
