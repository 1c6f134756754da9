"""Who may use recommendations (domain reference, 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanReadCases = Annotated[Caller, Depends(caller_with("cases", "closed-cases"))]
CanReadRecommendations = Annotated[Caller, Depends(caller_with("policy-timeline", "cases"))]
CanReadDashboard = Annotated[Caller, Depends(caller_with("dashboard"))]
