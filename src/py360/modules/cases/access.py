"""Who may use the routes of cases (domain reference, 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanWorkCases = Annotated[Caller, Depends(caller_with("cases"))]
CanReadCase = Annotated[Caller, Depends(caller_with("cases", "closed-cases"))]
CanReadClosed = Annotated[Caller, Depends(caller_with("closed-cases"))]
CanReadLogs = Annotated[Caller, Depends(caller_with("logs"))]
CanReadRules = Annotated[Caller, Depends(caller_with("settings", "cases"))]
CanChangeRules = Annotated[Caller, Depends(caller_with("settings"))]
CanReadAudit = Annotated[Caller, Depends(caller_with("settings", "users"))]
