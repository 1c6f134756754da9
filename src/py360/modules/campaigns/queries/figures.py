"""The figures of campaigns: hours, story, templates, totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from py360.kit.caller import Caller
from py360.kit.ids import code
from py360.kit.reads import Reads
from py360.modules.campaigns import rates
from py360.modules.campaigns.queries.campaigns import CampaignRow
from py360.modules.campaigns.views import CampaignTotalsView, TemplateFiguresView

_HOURS: Final = """
select hour, sum(sent)::int as sent, sum(delivered)::int as delivered, sum(opened)::int as opened, sum(clicked)::int as clicked
from messaging_public_message d cross join lateral (values
  (date_trunc('hour', d.sent_at), 1, 0, 0, 0), (date_trunc('hour', d.delivered_at), 0, 1, 0, 0),
  (date_trunc('hour', d.opened_at), 0, 0, 1, 0), (date_trunc('hour', d.clicked_at), 0, 0, 0, 1)
) moments (hour, sent, delivered, opened, clicked)
where d.campaign_id = any(%(ids)s) and hour is not null group by hour order by hour
"""
_TEMPLATES: Final = """
select t.id, t.name, t.template_type as channel, sum(c.sent_count)::int as sent, sum(c.delivered_count)::int as delivered,
  sum(c.opened_count)::int as opened, sum(c.clicked_count)::int as clicked
from campaigns c join templates_public_template t on t.id = c.template_id where c.id = any(%(ids)s)
group by t.id, t.name, t.template_type
"""
_TOTALS: Final = f"""
select count(parent_id) as campaigns, count(parent_id) filter (where status = 'active') as active,
  count(parent_id) filter (where status = 'scheduled') as scheduled,
  coalesce(sum(target_count) filter (where parent_id is not null), 0)::bigint as reach,
  coalesce(sum(converted_count) filter (where parent_id is null), 0)::bigint as converted_count,
  {", ".join(f"coalesce(sum({name}_count) filter (where parent_id is not null), 0)::bigint as {name}_count" for name in rates.SUMMED)}
from campaigns where client_id = any(%(clients)s)
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """What happened in an hour."""

    hour: datetime
    sent: int
    delivered: int
    opened: int
    clicked: int


async def hours(reads: Reads, campaign_ids: Sequence[int]) -> list[Hour]:
    """Sent, delivered, opened and clicked per hour."""
    return await reads.fetch_all(Hour, _HOURS, {"ids": list(campaign_ids)})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a campaign."""

    date: datetime
    event: str
    type: str


def story(campaigns: Sequence[CampaignRow]) -> list[Event]:
    """What happened to a campaign, in order."""
    events = []
    for campaign in campaigns:
        name = campaign.name
        for moment, kind, text in (
            (campaign.created_at, "create", f"{name} was created by {campaign.creator or 'System'}"),
            (campaign.created_at, "audience", f"{campaign.target_count or 0} recipients were planned"),
            (campaign.started_at, "launch", f"{name} was launched"),
            (campaign.completed_at, "send", f"{name} is {campaign.status}"),
        ):
            if moment is not None:
                events.append(Event(moment, text, kind))
    return sorted(events, key=lambda event: event.date)


@dataclass(frozen=True, slots=True)
class TemplateFigures:
    """How a template did in some campaigns."""

    id: int
    name: str
    channel: str
    sent: int
    delivered: int
    opened: int
    clicked: int

    @property
    def click_rate(self) -> float:
        """Percent of what was delivered."""
        return rates.percent(self.clicked, self.delivered)

    def to_public(self) -> TemplateFiguresView:
        """The template's figures of the wire."""
        return {
            "templateId": code("template", self.id),
            "name": self.name,
            "channel": self.channel,
            "sent": self.sent,
            "openRate": rates.percent(self.opened, self.delivered),
            "clickRate": self.click_rate,
        }


async def top_templates(reads: Reads, campaign_ids: Sequence[int]) -> list[TemplateFigures]:
    """The templates of these campaigns, the one with the highest click rate first."""
    found = await reads.fetch_all(TemplateFigures, _TEMPLATES, {"ids": list(campaign_ids)})
    return sorted(found, key=lambda template: template.click_rate, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals(rates.Counters):
    """All campaigns of the caller's clients together."""

    campaigns: int
    active: int
    scheduled: int
    reach: int

    def to_public(self) -> CampaignTotalsView:
        """The head of the campaign page."""
        return {
            "totalCampaigns": self.campaigns,
            "activeCampaigns": self.active,
            "scheduledCampaigns": self.scheduled,
            "totalReach": self.reach,
            "metrics": rates.metrics(self),
        }


async def totals(reads: Reads, caller: Caller) -> Totals:
    """How many campaigns, how many active, and the rates of all together."""
    return await reads.fetch_only(Totals, _TOTALS, {"clients": list(caller.client_ids)})
