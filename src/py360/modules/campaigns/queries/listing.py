"""The list of campaigns, with the filters of the campaign manager (domain reference, 12.3)."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints

from py360.kit.caller import Caller
from py360.kit.clock import day_begins, day_ends
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.wire import QuerySchema, Schema
from py360.modules.campaigns import states
from py360.modules.campaigns.queries.campaigns import COLUMNS, SUMS, CampaignRow
from py360.modules.campaigns.schemas import Purpose

ALL: Final = frozenset({"", "all"})
SORTS: Final = {
    "createdAt": "c.id",
    "name": "lower(c.name)",
    "status": "c.status",
    "scheduledAt": "c.scheduled_at nulls last",
    "targetCount": "c.target_count nulls last",
}
# By open rate; a campaign of which nothing was delivered has none.
BANDS: Final = {
    "high": "{opened} * 100 >= {delivered} * 70",
    "medium": "{opened} * 100 >= {delivered} * 40 and {opened} * 100 < {delivered} * 70",
    "low": "{opened} * 100 < {delivered} * 40",
}
# A campaign on several channels has their sums.
_COUNTERS: Final = {name: f"coalesce(s.{name}_count, c.{name}_count)::bigint" for name in ("opened", "delivered")}
Text = Annotated[str, StringConstraints(max_length=300)]


class Filters(QuerySchema):
    """The filters of the list of campaigns; empty ones and `all` filter nothing."""

    status: Text = Field("", description="active,paused,completed")
    type: Text = Field("", description="The channels: email,whatsapp,sms")
    purpose: Purpose | Literal["", "all"] = ""
    tags: Text = Field("", description="Any of these: renewal,urgent")
    min_size: int | None = Field(None, ge=0, description="Recipients at least")
    max_size: int | None = Field(None, ge=0, description="Recipients at most")
    performance: Literal["", "all", "high", "medium", "low"] = Field(
        "", description="By open rate: high from 70 %, medium from 40 %, low below"
    )
    date_from: date | None = Field(None, description="Created on this day or later, in India")
    date_to: date | None = None
    search: Text = Field("", description="A piece of the name or the description")
    view: Literal["channel", "parent"] = Field("channel", description="parent shows one row per campaign")


class ExportedFilters(Filters):
    """The same in the body of an export, where an unknown one is refused."""

    model_config = ConfigDict(extra="forbid")


class ExportCampaigns(Schema):
    """The list of campaigns as a file."""

    format: Annotated[str, Field(max_length=10, description="csv, xlsx, pdf or json")] = "csv"
    filters: ExportedFilters = Field(default_factory=ExportedFilters, description="Those of the list; none: everything")


def campaigns(caller: Caller, filters: Filters, sort: str | None) -> Listing[CampaignRow]:
    """The campaigns of the caller's clients, newest first: one row per channel, or per campaign. Raises Invalid."""
    where, params = _predicate(caller, filters)
    return Listing(
        "campaigns",
        COLUMNS,
        where,
        ordering(sort, SORTS, "-createdAt", "c.id"),
        params,
        CampaignRow.to_public,
        (
            "id", "name", "type", "purpose", "status", "tags", "targetCount", "progress", "metrics.sent",
            "metrics.delivered", "metrics.opened", "metrics.clicked", "metrics.converted", "metrics.failed",
            "metrics.bounced", "metrics.unsubscribed", "metrics.openRate", "metrics.clickRate", "metrics.conversionRate",
            "templateName", "uploadFilename", "scheduledAt", "launchDate", "completedAt", "createdDate", "createdBy",
        ),
        row=CampaignRow,
        counted="campaigns c" + (SUMS if filters.performance not in ALL else ""),
    )  # fmt: skip


def _predicate(caller: Caller, filters: Filters) -> tuple[str, dict[str, object]]:
    parts = [
        "c.client_id = any(%(clients)s)",
        "c.parent_id is null" if filters.view == "parent" else "c.parent_id is not null",
    ]
    params: dict[str, object] = {"clients": list(caller.client_ids)}

    def narrow(sql: str, **values: object) -> None:
        parts.append(sql)
        params.update(values)

    if filters.status not in ALL:
        narrow(
            "c.status = any(%(status)s)", status=[states.status_named(status) for status in filters.status.split(",")]
        )
    if filters.type not in ALL:
        narrow("c.channels && %(channels)s::varchar[]", channels=comma_list(filters.type.lower()))
    if filters.purpose not in ALL:
        narrow("c.type = %(purpose)s", purpose=filters.purpose)
    if filters.tags not in ALL:
        narrow("c.tags ?| %(tags)s::text[]", tags=comma_list(filters.tags))
    if filters.min_size is not None:
        narrow("coalesce(c.target_count, 0) >= %(min_size)s", min_size=filters.min_size)
    if filters.max_size is not None:
        narrow("coalesce(c.target_count, 0) <= %(max_size)s", max_size=filters.max_size)
    if filters.date_from:
        narrow("c.created_at >= %(since)s", since=day_begins(filters.date_from))
    if filters.date_to:
        narrow("c.created_at < %(until)s", until=day_ends(filters.date_to))
    if found := containing(filters.search):
        narrow("(c.name ilike %(search)s or c.description ilike %(search)s)", search=found)
    if filters.performance not in ALL:
        narrow(f"{_COUNTERS['delivered']} > 0 and {BANDS[filters.performance].format(**_COUNTERS)}")
    return " and ".join(parts), params
