"""Whether a campaign keeps the rules: consent, the registers, and how long recipients' data are kept (12.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from py360.kit import sql
from py360.kit.reads import Reads
from py360.modules.campaigns.queries.campaigns import CampaignRow
from py360.modules.campaigns.views import CampaignComplianceView, CampaignConsentView, CampaignRulesView
from py360.modules.settings import api as settings

_SKIPPED: Final = """
select coalesce(skip_reason, 'none') as reason, count(*) as recipients from campaign_recipients
where campaign_id = any(%(ids)s) and status = 'skipped' group by 1
"""
# The send gate checks consent and the registry of each recipient, so both are checked once a recipient passed it. A campaign's
# recipients may be kept until so long after its end.
_CHECKS: Final = """
select
  exists (select from campaigns c where c.id = any(%(ids)s) and c.started_at is not null
    and exists (select from campaign_recipients r where r.campaign_id = c.id and r.status <> 'pending')) as passed_gate,
  (select bool_and(t.template_type = 'email' or t.dlt_template_id is not null)
    from campaigns c join templates_public_template t on t.id = c.template_id where c.id = any(%(ids)s)) as registered,
  exists (select from campaigns c where c.id = any(%(ids)s) and c.completed_at < %(kept_from)s
    and exists (select from campaign_recipients r where r.campaign_id = c.id)) as kept_too_long
"""
_FEW: Final = 2_000  # recipients that are counted one by one; of more, this many stand for all
_BLOCKS: Final = 50
_ARE_FEW: Final = """
select count(*) <= %(few)s from (select from campaign_recipients where campaign_id = any(%(ids)s) limit %(few)s + 1) looked_at
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
    """How many of so many people consent to a channel today, and how many opted out of a channel of this campaign."""

    people: int
    email: int
    sms: int
    whatsapp: int
    opted_out: int

    def of(self, people: int) -> CampaignConsentView:
        """The same shares of that many people."""
        times = people / self.people if self.people else 0.0
        return {
            "email": round(self.email * times),
            "sms": round(self.sms * times),
            "whatsapp": round(self.whatsapp * times),
            "optedOut": round(self.opted_out * times),
        }


async def rules(reads: Reads, client_id: int, channels: Sequence[CampaignRow], now: datetime) -> CampaignRulesView:
    """Whether a campaign's channels keep the rules; a draft may have lost them all."""
    days = (await settings.get(reads, client_id, settings.Campaigns)).data_retention_days
    params = {"ids": [channel.id for channel in channels], "kept_from": now - timedelta(days=days)}
    checks = await reads.fetch_only(Checks, _CHECKS, params)
    return {
        "dltApproved": bool(checks.registered),
        "consentVerified": checks.passed_gate,
        "dndChecked": checks.passed_gate,
        "dataRetentionCompliant": not checks.kept_too_long,
    }


async def consent(reads: Reads, channels: Sequence[CampaignRow]) -> CampaignConsentView:
    """How many recipients consent to each channel today: exactly up to 2,000 of them, beyond that an estimate.

    `optedOut` are the recipients who today want nothing on a channel of this campaign.
    """
    ids = [channel.id for channel in channels]
    few = await reads.fetch_only(bool, _ARE_FEW, {"ids": ids, "few": _FEW})
    blocks, rows = (1, _FEW) if few else (_BLOCKS, _FEW // _BLOCKS)
    params = {
        "ids": ids,
        "channels": [channel.campaign_type for channel in channels],
        "blocks": blocks,
        "block_rows": rows,
    }
    found = await reads.fetch_only(Consent, _CONSENT, params)
    return found.of(found.people if few else max(found.people, *(channel.target_count or 0 for channel in channels)))


async def compliance(
    reads: Reads, client_id: int, channels: Sequence[CampaignRow], now: datetime
) -> CampaignComplianceView:
    """The rules and consents of a campaign's channels, and how many recipients were left out and why."""
    params = {"ids": [channel.id for channel in channels]}
    skipped = {row.reason: row.recipients for row in await reads.fetch_all(Skipped, _SKIPPED, params)}
    return {
        **await rules(reads, client_id, channels, now),
        "consent": await consent(reads, channels),
        "skipped": skipped,
        "dncBlocked": skipped.get("dnc", 0),
        "optedOut": skipped.get("opted_out", 0) + skipped.get("suppressed", 0),
    }
