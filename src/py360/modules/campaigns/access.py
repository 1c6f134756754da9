"""Who may do what with campaigns."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanSeeCampaigns = Annotated[Caller, Depends(caller_with("campaigns"))]
CanCreateCampaigns = Annotated[Caller, Depends(caller_with("campaigns", "upload"))]
CanControlCampaigns = Annotated[Caller, Depends(caller_with("campaigns", "campaigns:campaign-control"))]
