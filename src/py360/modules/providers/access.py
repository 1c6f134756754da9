"""Who may use the routes of vendor accounts (domain reference, section 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanSeeProviders = Annotated[Caller, Depends(caller_with("settings", "campaigns", "upload"))]
CanManageProviders = Annotated[Caller, Depends(caller_with("settings"))]
