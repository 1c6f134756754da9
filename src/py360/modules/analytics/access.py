"""Who may use the routes of analytics (domain reference, 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanSeeDashboard = Annotated[Caller, Depends(caller_with("dashboard"))]
