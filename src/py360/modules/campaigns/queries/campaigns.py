"""Reading campaigns: one campaign, its figures and story."""

from collections.abc import Mapping
from typing import Any, Final

from py360.kit.caller import Caller
from py360.kit.db import Row
from py360.kit.errors import NotFound
from py360.kit.ids import code
from py360.kit.reads import Reads
from py360.modules.campaigns import rates

# A parent's counters are the sums of its children's, save its conversions; a child is nobody's parent, so that its sums are null.
SUMS: Final = f"""
left join lateral (
  select {", ".join(f"sum(k.{name}_count)::bigint as {name}_count" for name in rates.SUMMED)}
  from campaigns k where k.parent_id = c.id) s on true
"""
# The counters stand behind `c.*`: of two columns of one name a row keeps the later.
COLUMNS: Final = f"""
select c.*, f.original_filename, t.name as template_name, p.name as provider_name,
  nullif(u.name, '') as creator, coalesce(c.budget, whole.budget) as budget,
  {", ".join(f"coalesce(s.{name}_count, c.{name}_count) as {name}_count" for name in rates.SUMMED)}
from campaigns c left join uploads_public_upload f on f.id = c.upload_id
left join templates_public_template t on t.id = c.template_id
left join providers_public_account p on p.id = c.provider_id left join identity_public_users u on u.id = c.created_by
left join campaigns whole on whole.id = c.parent_id
{SUMS}
"""


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A campaign as the screens want it (domain reference, section 12.1)."""
    noted = row["metrics"] or {}
    return {
        "id": code("campaign", row["id"]),
        "parentId": code("campaign", row["parent_id"]) if row["parent_id"] else None,
        "clientId": row["client_id"],
        "name": row["name"],
        "description": row["description"],
        "type": row["campaign_type"],
        "purpose": row["type"],
        "channels": row["channels"],
        "status": row["status"],
        "statusReason": row["pause_reason"],
        "uploadId": code("upload", row["upload_id"]) if row["upload_id"] else None,
        "uploadFilename": row["original_filename"],
        "templateId": code("template", row["template_id"]) if row["template_id"] else None,
        "templateName": row["template_name"],
        "provider": row["provider_name"],
        "targetAudience": (row["target_audience_filter"] or {}).get("audience", row["target_audience_filter"]),
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
        "budget": row["budget"],
        "progress": rates.progress(row),
        "metrics": rates.metrics(row),
        "version": row["version"],
    }


async def one(reads: Reads, caller: Caller, number: int) -> Row:
    """A campaign of the caller's clients; a parent's counters are the sums of its children's. Raises NotFound."""
    row = await reads.one(
        f"{COLUMNS} where c.id = %(id)s and c.client_id = any(%(clients)s)",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no campaign campaign-{number}.")
    return row


async def children(reads: Reads, row: Row) -> list[Row]:
    """The channels of a parent; a child alone."""
    if row["parent_id"] is not None:
        return [row]
    return await reads.all(f"{COLUMNS} where c.parent_id = %(id)s order by c.id", {"id": row["id"]})


async def timeline(reads: Reads, ids: list[int]) -> list[Row]:
    """Sent, delivered, opened and clicked per hour."""
    return await reads.all(
        """
        select hour, sum(sent)::int as sent, sum(delivered)::int as delivered, sum(opened)::int as opened, sum(clicked)::int as clicked
        from messaging_public_message d cross join lateral (values
          (date_trunc('hour', d.sent_at), 1, 0, 0, 0), (date_trunc('hour', d.delivered_at), 0, 1, 0, 0),
          (date_trunc('hour', d.opened_at), 0, 0, 1, 0), (date_trunc('hour', d.clicked_at), 0, 0, 0, 1)
        ) moments (hour, sent, delivered, opened, clicked)
        where d.campaign_id = any(%(ids)s) and hour is not null group by hour order by hour
        """,
        {"ids": ids},
    )


def story(rows: list[Row]) -> list[dict[str, Any]]:
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
        from campaigns c join templates_public_template t on t.id = c.template_id where c.id = any(%(ids)s)
        group by t.id, t.name, t.template_type
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


async def totals(reads: Reads, caller: Caller) -> dict[str, Any]:
    """The head of the campaign page: how many, how many active, and everybody's rates together."""
    sums = ", ".join(
        f"coalesce(sum({name}_count) filter (where parent_id is not null), 0)::bigint as {name}_count"
        for name in rates.SUMMED
    )
    row = await reads.one(
        f"""
        select count(parent_id) as campaigns, count(parent_id) filter (where status = 'active') as active,
          count(parent_id) filter (where status = 'scheduled') as scheduled,
          coalesce(sum(target_count) filter (where parent_id is not null), 0) as reach, {sums},
          coalesce(sum(converted_count) filter (where parent_id is null), 0)::bigint as converted_count
        from campaigns where client_id = any(%(clients)s)
        """,
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
