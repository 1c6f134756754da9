"""What other modules may ask of campaigns."""

from datetime import date

from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.campaigns.queries.campaigns import COLUMNS, CampaignRow
from py360.modules.campaigns.queries.listing import Filters, campaigns
from py360.modules.campaigns.views import CampaignView

__all__ = ["newest"]


async def newest(
    reads: Reads, caller: Caller, first: date, last: date, most: int
) -> list[tuple[CampaignView, list[CampaignView]]]:
    """The newest campaigns created from one day to another (in India), each with its channels."""
    found = campaigns(caller, Filters(view="parent", date_from=first, date_to=last), None)
    sql = f"{found.select} where {found.where} order by {found.order} limit %(most)s"
    parents = await reads.fetch_all(CampaignRow, sql, {**found.params, "most": most})
    below = await reads.fetch_all(
        CampaignRow, f"{COLUMNS} where c.parent_id = any(%(ids)s) order by c.id", {"ids": [one.id for one in parents]}
    )
    return [
        (parent.to_public(), [channel.to_public() for channel in below if channel.parent_id == parent.id])
        for parent in parents
    ]
