"""Reading campaigns: lists, one campaign, its recipients, figures and story."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from py360.kit.caller import Caller
from py360.kit.db import Row
from py360.kit.errors import Invalid, NotFound
from py360.kit.ids import code
from py360.kit.paging import Page, decode_cursor, encode_cursor
from py360.kit.reads import Reads
from py360.modules.campaigns import rates, states

SORTS: Final = {
    "createdAt": "c.id",
    "name": "lower(c.name)",
    "scheduledAt": "c.scheduled_at",
    "targetCount": "c.target_count",
}

_COLUMNS: Final = """
select c.*, f.original_filename, t.name as template_name, p.name as provider_name,
  nullif(concat_ws(' ', u.first_name, u.last_name), '') as creator
from campaigns c left join file_uploads f on f.id = c.upload_id left join templates t on t.id = c.template_id
left join providers p on p.id = c.provider_id left join users u on u.id = c.created_by
"""


async def campaigns(
    reads: Reads,
    caller: Caller,
    page: Page,
    *,
    status: str | None,
    channel: str | None,
    search: str | None,
    parents: bool,
) -> tuple[list[dict[str, Any]], int]:
    """A page of campaigns of the caller's clients, newest first, and how many there are."""
    parts = ["c.client_id = any(%(clients)s)", "c.parent_id is null" if parents else "c.parent_id is not null"]
    said: dict[str, Any] = {"clients": list(caller.client_ids), "limit": page.limit, "offset": page.offset}
    if status and status != "all":
        parts.append("c.status = any(%(status)s)")
        said["status"] = [states.status_named(part) for part in status.split(",")]
    if channel and channel != "all":
        parts.append("c.channels && %(channels)s::varchar[]")
        said["channels"] = [part.strip().lower() for part in channel.split(",")]
    if search:
        parts.append("c.name ilike %(search)s or c.description ilike %(search)s")
        said["search"] = f"%{search}%"
    key = (page.sort or "-createdAt").removeprefix("-")
    if key not in SORTS:
        raise Invalid(f"Campaigns cannot be sorted by “{key[:40]}”. Choose {', '.join(SORTS)}.", code="unknown_sort")
    direction = "desc" if (page.sort or "-").startswith("-") else "asc"
    where = " and ".join(f"({part})" for part in parts)
    total = await reads.value(f"select count(*) from campaigns c where {where}", said)
    rows = await reads.all(
        f"{_COLUMNS} where {where} order by {SORTS[key]} {direction}, c.id {direction} limit %(limit)s offset %(offset)s",
        said,
    )
    await _sum_up(reads, rows)
    return [shown(row) for row in rows], total


def shown(row: Row) -> dict[str, Any]:
    """A campaign as the screens want it (domain reference, section 12.1)."""
    noted = row["metrics"] or {}
    return {
        "id": code("campaign", row["id"]),
        "parentId": code("campaign", row["parent_id"]) if row["parent_id"] else None,
        "name": row["name"],
        "description": row["description"],
        "type": row["campaign_type"],
        "purpose": row["type"],
        "channels": row["channels"],
        "status": row["status"],
        "uploadId": code("upload", row["upload_id"]) if row["upload_id"] else None,
        "uploadFilename": row["original_filename"],
        "templateId": code("template", row["template_id"]) if row["template_id"] else None,
        "templateName": row["template_name"],
        "provider": row["provider_name"],
        "targetAudience": row["target_audience_filter"],
        "targetCount": row["target_count"] or 0,
        "audienceSize": row["target_count"] or 0,
        "originalCount": noted.get("originalCount"),
        "duplicatesRemoved": noted.get("duplicatesRemoved"),
        "withoutContact": noted.get("withoutContact"),
        "scheduleType": row["schedule_type"],
        "scheduledAt": row["scheduled_at"],
        "launchDate": row["started_at"],
        "completedAt": row["completed_at"],
        "createdDate": row["created_at"],
        "lastModified": row["updated_at"],
        "createdBy": row["creator"],
        "tags": row["tags"],
        "progress": rates.progress(row),
        "metrics": rates.metrics(row),
        "version": row["version"],
    }


async def one(reads: Reads, caller: Caller, number: int) -> Row:
    """A campaign of the caller's clients; a parent's counters are the sums of its children's. Raises NotFound."""
    row = await reads.one(
        f"{_COLUMNS} where c.id = %(id)s and c.client_id = any(%(clients)s)",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no campaign campaign-{number}.")
    await _sum_up(reads, [row])
    return row


async def _sum_up(reads: Reads, rows: list[Row]) -> None:
    """Give parents the sums of their children's counters."""
    parents = {row["id"]: row for row in rows if row["parent_id"] is None}
    if not parents:
        return
    sums = ", ".join(f"coalesce(sum({name}_count), 0)::bigint as {name}_count" for name in rates.SUMMED)
    for row in await reads.all(
        f"select parent_id, {sums} from campaigns where parent_id = any(%(ids)s) group by parent_id",
        {"ids": list(parents)},
    ):
        parents[row.pop("parent_id")].update(row)


async def children(reads: Reads, row: Row) -> list[Row]:
    """The channels of a parent; a child alone."""
    if row["parent_id"] is not None:
        return [row]
    return await reads.all(f"{_COLUMNS} where c.parent_id = %(id)s order by c.id", {"id": row["id"]})


async def timeline(reads: Reads, ids: list[int]) -> list[Row]:
    """Sent, delivered, opened and clicked per hour."""
    return await reads.all(
        """
        select hour, sum(sent)::int as sent, sum(delivered)::int as delivered, sum(opened)::int as opened, sum(clicked)::int as clicked
        from communication_delivery_status d cross join lateral (values
          (date_trunc('hour', d.sent_at), 1, 0, 0, 0), (date_trunc('hour', d.delivered_at), 0, 1, 0, 0),
          (date_trunc('hour', d.opened_at), 0, 0, 1, 0), (date_trunc('hour', d.clicked_at), 0, 0, 0, 1)
        ) moments (hour, sent, delivered, opened, clicked)
        where d.campaign_id = any(%(ids)s) and hour is not null group by hour order by hour
        """,
        {"ids": ids},
    )


async def story(reads: Reads, rows: list[Row]) -> list[dict[str, Any]]:
    """What happened to a campaign, in order."""
    events = []
    for row in rows:
        name = row["name"]
        for moment, kind, words in (
            (row["created_at"], "create", f"{name} was created by {row['creator'] or 'System'}"),
            (row["created_at"], "audience", f"{row['target_count'] or 0} recipients were planned"),
            (row["started_at"], "launch", f"{name} was launched"),
            (row["completed_at"], "send", f"{name} is {row['status']}"),
        ):
            if moment is not None:
                events.append({"date": moment, "event": words, "type": kind})
    return sorted(events, key=lambda event: event["date"])


async def top_content(reads: Reads, ids: list[int]) -> list[dict[str, Any]]:
    """The templates of these campaigns, the one that is clicked most first."""
    rows = await reads.all(
        """
        select t.id, t.name, t.template_type as channel, sum(c.sent_count)::int as sent_count, sum(c.delivered_count)::int as delivered_count,
          sum(c.opened_count)::int as opened_count, sum(c.clicked_count)::int as clicked_count
        from campaigns c join templates t on t.id = c.template_id where c.id = any(%(ids)s) group by t.id
        """,
        {"ids": ids},
    )
    shown_rows = [
        {
            "templateId": code("template", row["id"]),
            "name": row["name"],
            "channel": row["channel"],
            "sent": row["sent_count"],
            "openRate": rates.percent(row["opened_count"], row["delivered_count"]),
            "clickRate": rates.percent(row["clicked_count"], row["delivered_count"]),
        }
        for row in rows
    ]
    return sorted(shown_rows, key=lambda entry: entry["clickRate"], reverse=True)


COUNTED: Final = 10_000  # beyond it a filtered list says how many there are at least
_SHOWN: Final = "case when r.status in ('sent', 'unknown') and d.status is not null then d.status else r.status end"
_RECIPIENTS: Final = f"""
select r.id, r.campaign_id, c.case_number as "caseId", k.full_name as "customerName", r.contact, r.skip_reason as "skipReason",
  {_SHOWN} as status,
  d.sent_at as "sentAt", d.delivered_at as "deliveredAt", d.opened_at as "openedAt", d.clicked_at as "clickedAt",
  coalesce(r.error_message, d.error_message) as "errorMessage", r.message_id, d.communication_type as channel
from campaign_recipients r join customers_public_contact k on k.id = r.customer_id
left join cases_public_case c on c.id = r.case_id left join communication_delivery_status d on d.id = r.message_id
"""


def _recipient(row: Row) -> Row:
    number, channel = row.pop("message_id"), row.pop("channel")
    row["messageId"] = code(channel, number) if number is not None else None
    row["campaignId"] = code("campaign", row.pop("campaign_id"))
    return row


async def recipients(
    reads: Reads, ids: list[int], page: Page, cursor: str | None, status: str | None
) -> tuple[list[Row], str | None, int]:
    """Who was planned and what became of it, in order, by page or by cursor: the rows, the next cursor, and how many there are."""
    said = {"ids": ids, "limit": page.limit, "status": status}
    said |= {"after": decode_cursor(cursor)[0], "offset": 0} if cursor else {"after": 0, "offset": page.offset}
    where = "r.campaign_id = any(%(ids)s)" + (f" and {_SHOWN} = %(status)s" if status else "")
    rows = await reads.all(
        f"{_RECIPIENTS} where {where} and r.id > %(after)s order by r.id limit %(limit)s offset %(offset)s", said
    )
    total = await reads.value(
        "select count(*) from (select from campaign_recipients r left join communication_delivery_status d on d.id = r.message_id"
        f" where {where} limit {COUNTED + 1}) counted",
        said,
    )
    following = encode_cursor(rows[-1]["id"]) if len(rows) == page.limit else None
    return [_recipient(row) for row in rows], following, total


async def all_recipients(reads: Reads, ids: list[int]) -> AsyncIterator[Mapping[str, Any]]:
    """Every recipient, streamed, for the report."""
    async for row in reads.stream(f"{_RECIPIENTS} where r.campaign_id = any(%(ids)s) order by r.id", {"ids": ids}):
        yield _recipient(row)


async def compliance(reads: Reads, ids: list[int]) -> dict[str, Any]:
    """What the door did for these campaigns: who was kept out, and why."""
    rows = await reads.all(
        "select coalesce(skip_reason, 'none') as reason, count(*) as people from campaign_recipients"
        " where campaign_id = any(%(ids)s) and status = 'skipped' group by 1",
        {"ids": ids},
    )
    skipped = {row["reason"]: row["people"] for row in rows}
    dlt = await reads.value(
        "select bool_and(t.template_type = 'email' or t.dlt_template_id is not null) from campaigns c"
        " join templates t on t.id = c.template_id where c.id = any(%(ids)s)",
        {"ids": ids},
    )
    # The door checks consent and the registry of whoever passes it, so both hold once somebody did.
    passed = await reads.value(
        "select exists (select from campaign_recipients where campaign_id = any(%(ids)s) and status <> 'pending')",
        {"ids": ids},
    )
    return {
        "dltApproved": bool(dlt),
        "consentVerified": passed,
        "dndChecked": passed,
        "skipped": skipped,
        "dncBlocked": skipped.get("dnc", 0),
        "optedOut": skipped.get("opted_out", 0) + skipped.get("suppressed", 0),
    }


async def totals(reads: Reads, caller: Caller) -> dict[str, Any]:
    """The head of the campaign page: how many, how many active, and everybody's rates together."""
    sums = ", ".join(f"coalesce(sum({name}_count), 0)::bigint as {name}_count" for name in rates.COUNTERS)
    row = await reads.one(
        f"select count(*) as campaigns, count(*) filter (where status = 'active') as active,"
        f" count(*) filter (where status = 'scheduled') as scheduled, coalesce(sum(target_count), 0) as reach, {sums}"
        f" from campaigns where parent_id is not null and client_id = any(%(clients)s)",
        {"clients": list(caller.client_ids)},
    )
    assert row is not None
    return {
        "totalCampaigns": row["campaigns"],
        "activeCampaigns": row["active"],
        "scheduledCampaigns": row["scheduled"],
        "totalReach": row["reach"],
        "metrics": rates.metrics(row),
    }
