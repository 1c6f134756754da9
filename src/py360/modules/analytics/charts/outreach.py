"""Charts of what was done to reach customers: messages and calls, their cost, the funnel, campaigns."""

from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller
from py360.kit.clock import day_begins, day_ends
from py360.kit.reads import Reads
from py360.modules.analytics.charts.cases import NOT_GIVEN
from py360.modules.analytics.charts.views import CampaignCard, FunnelRow, ModeRow, RenewalCostRow
from py360.modules.analytics.filters import Scope
from py360.modules.analytics.links import NO_CHANNEL, case_list
from py360.modules.analytics.queries.figures import Figures, figures_of, percent, total
from py360.modules.campaigns import api as campaigns

CARDS: Final = 12
_PAISA: Final = Decimal("0.01")
_TENTH_PAISA: Final = Decimal("0.0001")
_ROWS: Final = """
select coalesce(sum(total_records), 0) from uploads_public_batch
where client_id = any(%(clients)s) and created_at >= %(first)s and created_at < %(last)s
"""


async def communication_modes(reads: Reads, caller: Caller, scope: Scope) -> list[ModeRow]:
    """Messages and calls to the customers of these cases: how many, how many arrived, what one costs."""
    whole = total(await figures_of(reads, caller, scope, "opened"))
    by_hand: ModeRow = {
        "mode": "Tele Caller",
        "count": whole.calls,
        "successRate": None,
        "cost": None,
        "costPerContact": None,
    }
    return [
        _mode("AI Call", whole.call_sent, whole.call_delivered, whole.call_cost),
        _mode("WhatsApp", whole.whatsapp_sent, whole.whatsapp_delivered, whole.whatsapp_cost),
        by_hand,
        _mode("SMS", whole.sms_sent, whole.sms_delivered, whole.sms_cost),
        _mode("Email", whole.email_sent, whole.email_delivered, whole.email_cost),
    ]


def _mode(name: str, sent: int, delivered: int, cost: Decimal) -> ModeRow:
    return {
        "mode": name,
        "count": sent,
        "successRate": percent(delivered, sent),
        "cost": cost,
        "costPerContact": (cost / sent).quantize(_TENTH_PAISA) if sent else Decimal(0),
    }


async def cost_per_renewal(reads: Reads, caller: Caller, scope: Scope) -> list[RenewalCostRow]:
    """What the messages to a channel's customers cost, for each of its renewals."""
    found = await figures_of(reads, caller, scope, "opened", "channel", "status")
    rows: list[RenewalCostRow] = []
    for channel in sorted({each.key for each in found}):
        parts = [each for each in found if each.key == channel]
        cost, renewed = total(parts).cost, sum(each.cases for each in parts if each.part == "renewed")
        rows.append(
            {
                "channel": channel or NOT_GIVEN,
                "volume": renewed,
                "costPerRenewal": (cost / renewed).quantize(_PAISA) if renewed else None,
                "totalCost": cost,
                "cases": case_list(scope, channel=channel or NO_CHANNEL),
            }
        )
    return rows


async def funnel(reads: Reads, caller: Caller, scope: Scope) -> list[FunnelRow]:
    """From the file to the renewal. Rows of files are known to those who reach all of them, without further filters."""
    found = await figures_of(reads, caller, scope, "opened", "status")
    whole = total(found)
    renewed = sum((each.cases for each in found if each.key == "renewed"), 0)
    stages: list[FunnelRow] = []
    if caller.reach == "all" and not (scope.policy_types or scope.statuses or scope.team_id or scope.member_id):
        days = {"first": day_begins(scope.period.first), "last": day_ends(scope.period.last)}
        rows = await reads.fetch_only(int, _ROWS, {"clients": list(caller.client_ids), **days})
        stages.append({"stage": "Rows in files", "count": int(rows), "rate": None, "cases": None})
    stages += [
        _stage("Cases", whole.cases, whole, case_list(scope)),
        _stage("Reached", whole.reached, whole, None),
        _stage("Engaged", whole.engaged, whole, None),
        _stage("Paid", whole.paid, whole, case_list(scope, status="payment_processed,renewed")),
        _stage("Renewed", renewed, whole, case_list(scope, status="renewed")),
    ]
    return stages


def _stage(name: str, count: int, whole: Figures, link: str | None) -> FunnelRow:
    return {"stage": name, "count": count, "rate": percent(count, whole.cases), "cases": link}


async def campaign_cards(reads: Reads, caller: Caller, scope: Scope) -> list[CampaignCard]:
    """The campaigns created in the period, newest first, with the rates of each channel. For those who may see campaigns."""
    if not caller.may("campaigns:performance-analytics"):
        return []
    found = await campaigns.newest(reads, caller, scope.period.first, scope.period.last, CARDS)
    return [
        {
            "id": parent["id"],
            "name": parent["name"],
            "status": parent["status"],
            "progress": parent["progress"],
            "audienceSize": parent["audienceSize"],
            "rates": [
                {
                    "channel": channel["type"],
                    "sent": channel["metrics"]["sent"],
                    "deliveryRate": channel["metrics"]["deliveryRate"],
                    "openRate": channel["metrics"]["openRate"],
                    "clickRate": channel["metrics"]["clickRate"],
                    "conversionRate": channel["metrics"]["conversionRate"],
                }
                for channel in channels
            ],
        }
        for parent, channels in found
    ]
