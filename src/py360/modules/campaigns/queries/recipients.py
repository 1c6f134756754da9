"""The recipients of a campaign, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from py360.kit.caller import Caller, reach_filter
from py360.kit.ids import code
from py360.kit.listing import Listing, ordering
from py360.modules.campaigns.views import CampaignRecipientView

_STATUS: Final = "case when r.status in ('sent', 'unknown') and d.status is not null then d.status else r.status end"
_TABLES: Final = "campaign_recipients r left join messaging_public_message d on d.id = r.message_id"
_CASE: Final = " left join cases_public_case c on c.id = r.case_id"
_RECIPIENTS: Final = f"""
select r.id, r.campaign_id, c.case_number, k.full_name as customer_name, r.contact, r.skip_reason, {_STATUS} as status,
  d.sent_at, d.delivered_at, d.opened_at, d.clicked_at, coalesce(r.error_message, d.error_message) as error_message,
  r.message_id, d.communication_type as channel
from {_TABLES}{_CASE} join customers_public_contact k on k.id = r.customer_id
"""


Reached = Literal["sent", "delivered", "opened", "clicked", "replied", "unsubscribed", "converted"]
# As sql/count_conversions.sql counts them: a case once, at the first message that its renewal came after.
_RENEWED_AFTER: Final = "c.status = 'renewed' and c.payment_status <> 'refunded' and c.closed_at >= {recipient}.sent_at"
_CONVERTED: Final = f"""{_RENEWED_AFTER.format(recipient="r")} and not exists (
  select from campaign_recipients earlier where earlier.campaign_id = any(%(ids)s) and earlier.case_id = r.case_id
    and earlier.id < r.id and {_RENEWED_AFTER.format(recipient="earlier")})"""


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient, with the message when there is one."""

    id: int
    campaign_id: int
    case_number: str | None
    customer_name: str
    contact: str
    skip_reason: str | None
    status: str
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    error_message: str | None
    message_id: int | None
    channel: str | None

    def to_public(self) -> CampaignRecipientView:
        """The recipient of the wire."""
        has_message = self.message_id is not None and self.channel is not None
        return {
            "id": self.id,
            "campaignId": code("campaign", self.campaign_id),
            "caseId": self.case_number,
            "customerName": self.customer_name,
            "contact": self.contact,
            "skipReason": self.skip_reason,
            "status": self.status,
            "sentAt": self.sent_at,
            "deliveredAt": self.delivered_at,
            "openedAt": self.opened_at,
            "clickedAt": self.clicked_at,
            "errorMessage": self.error_message,
            "messageId": code(self.channel or "", self.message_id or 0) if has_message else None,
        }


def recipients(
    caller: Caller,
    campaign_id: int,
    channels: Sequence[int],
    status: str | None = None,
    sort: str | None = None,
    reached: Reached | None = None,
    reason: str | None = None,
) -> Listing[RecipientRow]:
    """The recipients of these channels of a campaign, in order. Raises Invalid.

    `status` is where each is now; `reached` what each has been through, as the campaign's figures count it; `reason` why
    it was skipped.

    A campaign is its client's, but each caller sees only recipients whose cases are within reach.
    """
    where = "r.campaign_id = any(%(ids)s)" + (f" and {_STATUS} = %(status)s" if status else "")
    if reached:
        where += f" and {_CONVERTED}" if reached == "converted" else f" and d.{reached}_at is not null"
    if reason:
        where += " and r.status = 'skipped' and coalesce(r.skip_reason, 'none') = %(reason)s"
    params: dict[str, object] = {"ids": list(channels), "status": status, "reason": reason}
    if caller.reach != "all":
        within, reach = reach_filter(caller, "c")
        where = f"{where} and {within}"
        params.update(reach)
    counted = _TABLES if caller.reach == "all" and reached != "converted" else _TABLES + _CASE
    return Listing(
        "recipients",
        _RECIPIENTS,
        where,
        ordering(sort, {"id": "r.id"}, "id", "r.id"),
        params,
        RecipientRow.to_public,
        (
            "campaignId", "caseId", "customerName", "contact", "status", "skipReason", "sentAt", "deliveredAt", "openedAt",
            "clickedAt", "errorMessage", "messageId",
        ),
        row=RecipientRow,
        file_name=f"campaign_{campaign_id}",
        counted=counted,
        walked="r.id",
    )  # fmt: skip
