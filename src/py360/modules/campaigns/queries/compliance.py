"""Whether a campaign keeps the rules: consent, the registers, and how long recipients' data are kept (12.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from py360.kit import sql
from py360.kit.reads import Reads
from py360.modules.campaigns.queries.campaigns import CampaignRow
from py360.modules.campaigns.views import CampaignComplianceView
from py360.modules.settings import api as settings

_SKIPPED: Final = """
select coalesce(skip_reason, 'none') as reason, count(*) as recipients from campaign_recipients
where campaign_id = any(%(ids)s) and status = 'skipped' group by 1
"""
# The send gate checks consent and the registry of each recipient, so both are checked once a recipient passed it. A campaign's
# recipients may be kept until so long after its end.
_CHECKS: Final = """
select
  exists (select from campaign_recipients where campaign_id = any(%(ids)s) and status <> 'pending') as passed_gate,
  (select bool_and(t.template_type = 'email' or t.dlt_template_id is not null)
    from campaigns c join templates_public_template t on t.id = c.template_id where c.id = any(%(ids)s)) as registered,
  exists (select from campaigns c where c.id = any(%(ids)s) and c.completed_at < %(kept_from)s
    and exists (select from campaign_recipients r where r.campaign_id = c.id)) as kept_too_long
"""
_CONSENT: Final = sql.read(__file__, "count_consent")


@dataclass(frozen=True, slots=True)
class Skipped:
    """How many recipients were skipped for a reason."""

    reason: str
    recipients: int


@dataclass(frozen=True, slots=True)
class Checks:
    """The rules that are read from the campaign itself."""

    passed_gate: bool
    registered: bool | None
    kept_too_long: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """How many recipients consent to a channel today, and how many opted out of a channel of this campaign."""

    email: int
    sms: int
    whatsapp: int
    opted_out: int


async def compliance(reads: Reads, channels: Sequence[CampaignRow], now: datetime) -> CampaignComplianceView:
    """Of a campaign's channels: how many recipients were left out and why, who consents to what today, and whether the rules
    are kept.

    `optedOut` within `consent` are the recipients who today want nothing on a channel of this campaign.
    """
    client_id = channels[0].client_id
    days = (await settings.get(reads, client_id, settings.Campaigns)).data_retention_days
    params = {
        "ids": [channel.id for channel in channels],
        "channels": [channel.campaign_type for channel in channels],
        "kept_from": now - timedelta(days=days),
    }
    skipped = {row.reason: row.recipients for row in await reads.fetch_all(Skipped, _SKIPPED, params)}
    checks = await reads.fetch_only(Checks, _CHECKS, params)
    consent = await reads.fetch_only(Consent, _CONSENT, params)
    return {
        "dltApproved": bool(checks.registered),
        "consentVerified": checks.passed_gate,
        "dndChecked": checks.passed_gate,
        "dataRetentionCompliant": not checks.kept_too_long,
        "consent": {
            "email": consent.email,
            "sms": consent.sms,
            "whatsapp": consent.whatsapp,
            "optedOut": consent.opted_out,
        },
        "skipped": skipped,
        "dncBlocked": skipped.get("dnc", 0),
        "optedOut": skipped.get("opted_out", 0) + skipped.get("suppressed", 0),
    }
