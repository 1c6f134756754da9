"""The lists of campaigns and of whom they reach, with the filters of the campaign manager (domain reference, 12.3)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints

from py360.kit.caller import Caller, reach_filter
from py360.kit.clock import day_begins, day_ends
from py360.kit.ids import code
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.wire import QuerySchema, Schema
from py360.modules.campaigns import states
from py360.modules.campaigns.queries.campaigns import COLUMNS, SUMS, shown
from py360.modules.campaigns.schemas import Purpose

ALL: Final = frozenset({"", "all"})
SORTS: Final = {
    "createdAt": "c.id",
    "name": "lower(c.name)",
    "status": "c.status",
    "scheduledAt": "c.scheduled_at nulls last",
    "targetCount": "c.target_count nulls last",
}
# What is opened of what was delivered; of what was never delivered nobody knows how well it does.
BANDS: Final = {
    "high": "{opened} * 100 >= {delivered} * 70",
    "medium": "{opened} * 100 >= {delivered} * 40 and {opened} * 100 < {delivered} * 70",
    "low": "{opened} * 100 < {delivered} * 40",
}
# Of a campaign on several channels they are summed.
_COUNTERS: Final = {name: f"coalesce(s.{name}_count, c.{name}_count)::bigint" for name in ("opened", "delivered")}
Words = Annotated[str, StringConstraints(max_length=300)]


class Filters(QuerySchema):
    """What the list of campaigns can be narrowed by; empty ones and `all` narrow nothing."""

    status: Words = Field("", description="active,paused,completed")
    type: Words = Field("", description="The channels: email,whatsapp,sms")
    purpose: Purpose | Literal["", "all"] = ""
    tags: Words = Field("", description="Any of these: renewal,urgent")
    min_size: int | None = Field(None, ge=0, description="Recipients at least")
    max_size: int | None = Field(None, ge=0, description="Recipients at most")
    performance: Literal["", "all", "high", "medium", "low"] = Field(
        "", description="By open rate: high from 70 %, medium from 40 %, low below"
    )
    date_from: date | None = Field(None, description="Created on this day or later, in India")
    date_to: date | None = None
    search: Words = Field("", description="A piece of the name or the description")
    view: Literal["channel", "parent"] = Field("channel", description="parent shows one row per campaign")


class ExportedFilters(Filters):
    """The same in the body of an export, where an unknown one is refused."""

    model_config = ConfigDict(extra="forbid")


class ExportCampaigns(Schema):
    """The list of campaigns as a file."""

    format: Annotated[str, Field(max_length=10, description="csv, xlsx, pdf or json")] = "csv"
    filters: ExportedFilters = Field(default_factory=ExportedFilters, description="Those of the list; none: everything")


def campaigns(caller: Caller, asked: Filters, sort: str | None) -> Listing:
    """The campaigns of the caller's clients, newest first: one row per channel, or per campaign. Raises Invalid."""
    where, said = _predicate(caller, asked)
    return Listing(
        "campaigns",
        COLUMNS,
        where,
        ordering(sort, SORTS, "-createdAt", "c.id"),
        said,
        shown,
        (
            "id", "name", "type", "purpose", "status", "tags", "targetCount", "progress", "metrics.sent",
            "metrics.delivered", "metrics.opened", "metrics.clicked", "metrics.converted", "metrics.failed",
            "metrics.bounced", "metrics.unsubscribed", "metrics.openRate", "metrics.clickRate", "metrics.conversionRate",
            "templateName", "uploadFilename", "scheduledAt", "launchDate", "completedAt", "createdDate", "createdBy",
        ),
        counted="campaigns c" + (SUMS if asked.performance not in ALL else ""),
    )  # fmt: skip


def _predicate(caller: Caller, asked: Filters) -> tuple[str, dict[str, Any]]:
    parts = [
        "c.client_id = any(%(clients)s)",
        "c.parent_id is null" if asked.view == "parent" else "c.parent_id is not null",
    ]
    said: dict[str, Any] = {"clients": list(caller.client_ids)}

    def narrow(sql: str, **params: Any) -> None:
        parts.append(sql)
        said.update(params)

    if asked.status not in ALL:
        narrow("c.status = any(%(status)s)", status=[states.status_named(word) for word in asked.status.split(",")])
    if asked.type not in ALL:
        narrow("c.channels && %(channels)s::varchar[]", channels=comma_list(asked.type.lower()))
    if asked.purpose not in ALL:
        narrow("c.type = %(purpose)s", purpose=asked.purpose)
    if asked.tags not in ALL:
        narrow("c.tags ?| %(tags)s::text[]", tags=comma_list(asked.tags))
    if asked.min_size is not None:
        narrow("coalesce(c.target_count, 0) >= %(min_size)s", min_size=asked.min_size)
    if asked.max_size is not None:
        narrow("coalesce(c.target_count, 0) <= %(max_size)s", max_size=asked.max_size)
    if asked.date_from:
        narrow("c.created_at >= %(since)s", since=day_begins(asked.date_from))
    if asked.date_to:
        narrow("c.created_at < %(until)s", until=day_ends(asked.date_to))
    if found := containing(asked.search):
        narrow("(c.name ilike %(search)s or c.description ilike %(search)s)", search=found)
    if asked.performance not in ALL:
        narrow(f"{_COUNTERS['delivered']} > 0 and {BANDS[asked.performance].format(**_COUNTERS)}")
    return " and ".join(parts), said


_STATUS: Final = "case when r.status in ('sent', 'unknown') and d.status is not null then d.status else r.status end"
_COUNTED: Final = "campaign_recipients r left join messaging_public_message d on d.id = r.message_id"
_CASE: Final = " left join cases_public_case c on c.id = r.case_id"
_RECIPIENTS: Final = f"""
select r.id, r.campaign_id, c.case_number as "caseId", k.full_name as "customerName", r.contact, r.skip_reason as "skipReason",
  {_STATUS} as status,
  d.sent_at as "sentAt", d.delivered_at as "deliveredAt", d.opened_at as "openedAt", d.clicked_at as "clickedAt",
  coalesce(r.error_message, d.error_message) as "errorMessage", r.message_id, d.communication_type as channel
from {_COUNTED}{_CASE} join customers_public_contact k on k.id = r.customer_id
"""


def recipients(
    caller: Caller, campaign_id: int, channels: Sequence[int], status: str | None = None, sort: str | None = None
) -> Listing:
    """Who was planned on these channels of a campaign, in order, and what became of it. Raises Invalid.

    A campaign is its client's, but of its people each caller sees those whose cases are within reach.
    """
    where = "r.campaign_id = any(%(ids)s)" + (f" and {_STATUS} = %(status)s" if status else "")
    said: dict[str, Any] = {"ids": list(channels), "status": status}
    counted = _COUNTED
    if caller.reach != "all":
        within, params = reach_filter(caller, "c")
        where, said, counted = f"{where} and {within}", {**said, **params}, counted + _CASE
    return Listing(
        "recipients",
        _RECIPIENTS,
        where,
        ordering(sort, {"id": "r.id"}, "id", "r.id"),
        said,
        _recipient,
        (
            "campaignId", "caseId", "customerName", "contact", "status", "skipReason", "sentAt", "deliveredAt", "openedAt",
            "clickedAt", "errorMessage", "messageId",
        ),
        f"campaign_{campaign_id}",
        counted=counted,
        walked="r.id",
    )  # fmt: skip


def _recipient(row: Mapping[str, Any]) -> dict[str, Any]:
    shown_row = dict(row)
    number, channel = shown_row.pop("message_id"), shown_row.pop("channel")
    shown_row["messageId"] = code(channel, number) if number is not None else None
    shown_row["campaignId"] = code("campaign", shown_row.pop("campaign_id"))
    return shown_row
