"""Whether a campaign keeps to the rules: consent, the registers, and how long people's data are held (12.1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from py360.kit.db import Row
from py360.kit.reads import Reads
from py360.modules.settings import api as settings

_SKIPPED: Final = """
select coalesce(skip_reason, 'none') as reason, count(*) as people from campaign_recipients
where campaign_id = any(%(ids)s) and status = 'skipped' group by 1
"""
# The door checks consent and the registry of whoever passes it, so both hold once somebody did. A campaign's recipients
# may be held until so long after its end.
_HELD: Final = """
select
  exists (select from campaign_recipients where campaign_id = any(%(ids)s) and status <> 'pending') as passed,
  (select bool_and(t.template_type = 'email' or t.dlt_template_id is not null)
    from campaigns c join templates_public_template t on t.id = c.template_id where c.id = any(%(ids)s)) as registered,
  exists (select from campaigns c where c.id = any(%(ids)s) and c.completed_at < %(kept_from)s
    and exists (select from campaign_recipients r where r.campaign_id = c.id)) as held_too_long
"""
# Each recipient's latest word on each channel; a preference that switches a channel off is an opt-out.
_CONSENT: Final = """
with said as (
  select r.customer_id, channel,
    case when k.communication_preferences ->> channel = 'false' then 'opted_out' else c.state end as state
  from (select distinct customer_id from campaign_recipients where campaign_id = any(%(ids)s)) r
  join customers_public_contact k on k.id = r.customer_id
  cross join unnest(array['email', 'sms', 'whatsapp']) channel
  left join compliance_public_consent c using (customer_id, channel)
)
select count(*) filter (where channel = 'email' and state = 'opted_in') as email,
  count(*) filter (where channel = 'sms' and state = 'opted_in') as sms,
  count(*) filter (where channel = 'whatsapp' and state = 'opted_in') as whatsapp,
  count(distinct customer_id) filter (where channel = any(%(channels)s) and state = 'opted_out') as "optedOut"
from said
"""


async def compliance(reads: Reads, channels: Sequence[Row], now: datetime) -> dict[str, Any]:
    """Of a campaign's channels: who was kept out and why, who consents to what today, and whether the rules are kept.

    `optedOut` within `consent` are the recipients who today want nothing on a channel of this campaign.
    """
    client_id = channels[0]["client_id"]
    days = (await settings.get(reads, client_id, settings.Campaigns)).data_retention_days
    asked = {
        "ids": [channel["id"] for channel in channels],
        "channels": [channel["campaign_type"] for channel in channels],
        "kept_from": now - timedelta(days=days),
    }
    skipped = {row["reason"]: row["people"] for row in await reads.all(_SKIPPED, asked)}
    held = await reads.one(_HELD, asked)
    assert held is not None  # it is one row whatever there is
    return {
        "dltApproved": bool(held["registered"]),
        "consentVerified": held["passed"],
        "dndChecked": held["passed"],
        "dataRetentionCompliant": not held["held_too_long"],
        "consent": await reads.one(_CONSENT, asked),
        "skipped": skipped,
        "dncBlocked": skipped.get("dnc", 0),
        "optedOut": skipped.get("opted_out", 0) + skipped.get("suppressed", 0),
    }
