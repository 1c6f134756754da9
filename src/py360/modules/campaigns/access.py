"""Who may do what with campaigns: the page shows them, its features do the rest (domain reference, 3.6)."""

from collections.abc import Collection
from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.errors import Forbidden
from py360.kit.http import caller_with

CanSeeCampaigns = Annotated[Caller, Depends(caller_with("campaigns"))]
CanSeeFigures = Annotated[Caller, Depends(caller_with("campaigns:performance-analytics"))]
CanCreateCampaigns = Annotated[Caller, Depends(caller_with("campaigns:campaign-creation", "upload:campaign-creation"))]
CanEditCampaigns = Annotated[Caller, Depends(caller_with("campaigns:campaign-editing"))]
CanSegment = Annotated[Caller, Depends(caller_with("campaigns:audience-segmentation"))]
CanControlCampaigns = Annotated[Caller, Depends(caller_with("campaigns:campaign-control"))]


def check_features(caller: Caller, channels: Collection[str], *, filtered: bool, scheduled: bool = False) -> None:
    """Raise Forbidden unless the caller's role has what this campaign needs.

    A role with the campaigns page needs its features; a role with the upload page only, that page's.
    """
    page = "campaigns" if caller.may("campaigns") else "upload"
    needed = [f"{page}:multi-channel"] if len(channels) > 1 else []
    if page == "campaigns":
        needed += [f"campaigns:{channel}" for channel in channels]
        needed += ["campaigns:audience-segmentation"] if filtered else []
    elif scheduled:
        needed.append("upload:scheduling")
    if missing := [feature for feature in needed if not caller.may(feature)]:
        raise Forbidden(f"Your role does not include {', '.join(missing)}.", code="feature_missing")
