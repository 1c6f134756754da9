"""One run of a campaign's sender: what it sends, how fast, and why it stops."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from py360.kit import db, resources
from py360.modules.campaigns.sender import recover
from py360.modules.campaigns.sender.guard import CampaignGuard
from py360.modules.campaigns.service import follow_ups
from py360.modules.campaigns.service.plan import REMINDERS
from py360.modules.messaging import api as messaging
from py360.modules.settings import api as settings
from py360.modules.templates import api as templates

FIRST_BATCH: Final = 40
SMALLEST_BATCH: Final = 10
BATCH_SECONDS: Final = 0.5
LINK_VARIABLES: Final = frozenset({"payment_link", "renewal_link", "link"})

_CAMPAIGN: Final = """
select id, parent_id, client_id, campaign_type, type, status, template_id, provider_id, created_by, next_run_at, step
from campaigns where id = %(id)s and parent_id is not null
"""


@dataclass(frozen=True, slots=True)
class ChannelCampaign:
    """What the sender needs of a channel's campaign."""

    id: int
    parent_id: int
    client_id: int
    campaign_type: templates.Channel
    type: str
    status: str
    template_id: int
    provider_id: int | None
    created_by: int | None
    next_run_at: datetime | None
    step: int


@dataclass(slots=True)
class Run:
    """One run: several sending loops that share its guard, its batch size and its end."""

    campaign: ChannelCampaign
    template: templates.Template
    guard: CampaignGuard
    largest_batch: int
    retries: int  # of a recipient that the vendor defers
    batch_size: int = FIRST_BATCH
    attempts: dict[int, int] = field(default_factory=dict)  # so far, of recipients that were deferred before
    wait_until: datetime | None = None  # the send gate lets nothing through before
    pause_reason: str | None = None  # an answer about us, or no budget: a user must act
    vendor_trouble: str | None = None  # the vendor took no message of a batch; the next run tries again
    progressed: bool = False  # the vendor answered about some message, or a recipient was skipped
    pushed_at: float = 0.0  # the last live update

    @property
    def goes_on(self) -> bool:
        """Whether another batch may be claimed."""
        return self.wait_until is None and self.pause_reason is None and self.vendor_trouble is None

    @property
    def is_reminder(self) -> bool:
        """Whether a customer who paid needs it no more."""
        return self.campaign.type in REMINDERS

    @property
    def needs_links(self) -> bool:
        """Whether the template has a payment link."""
        return bool(set(templates.compile(self.template).variables) & LINK_VARIABLES)

    def adapt_batch(self, deliveries: Sequence[messaging.Delivery], seconds: float) -> None:
        """A batch is what the vendor takes in half a second. A vendor that defers some gets smaller ones."""
        taken = sum(not delivery.retry for delivery in deliveries)
        deferred = any(delivery.retry and delivery.status != "withheld" for delivery in deliveries)
        wanted = taken if deferred else round(len(deliveries) * BATCH_SECONDS / max(seconds, 0.001))
        self.batch_size = max(SMALLEST_BATCH, min(wanted, 2 * self.batch_size, self.largest_batch))


async def prepare(campaign_id: int) -> Run | datetime | None:
    """A new run, once what a dead worker left behind is settled; None unless the campaign is active. After vendor trouble
    the moment before which nothing is tried."""
    async with db.unit_of_work() as session:
        campaign = await db.fetch_one(session, ChannelCampaign, _CAMPAIGN, {"id": campaign_id})
        if campaign is None or campaign.status != "active":
            return None
        if campaign.next_run_at is not None and campaign.next_run_at > resources.current().clock.now():
            return campaign.next_run_at
        template = await templates.find(session, campaign.client_id, campaign.template_id)
        in_force = await settings.get(session, campaign.client_id, settings.Campaigns)
        await recover.settle_lost(session, campaign_id)
        if campaign.step:
            await follow_ups.join(session, campaign_id, campaign.parent_id, resources.current().clock.now())
    guard = CampaignGuard(campaign_id, campaign.type in REMINDERS)
    return Run(campaign, template, guard, largest_batch=in_force.batch_size, retries=in_force.retry_attempts)
