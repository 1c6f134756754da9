"""WebSocket updates of running campaigns."""

from py360.kit import live, resources
from py360.kit.ids import code
from py360.modules.campaigns import rates
from py360.modules.campaigns.queries.campaigns import PROGRESS, CampaignProgress


async def push_progress(campaign_id: int) -> None:
    """Send `campaign.metrics`: status, progress and counters as they are now."""
    campaign = await resources.current().reads.fetch_one(CampaignProgress, PROGRESS, {"id": campaign_id})
    if campaign is not None:
        data = {
            "campaignId": code("campaign", campaign.id),
            "status": campaign.status,
            "statusReason": campaign.pause_reason,
            "targetCount": campaign.target_count,
            "progress": rates.progress(campaign),
            "metrics": rates.metrics(campaign),
        }
        await live.send(campaign.client_id, "campaign.metrics", data, permission="campaigns")
