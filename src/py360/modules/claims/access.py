"""Who may use the routes of claims (domain reference, 3.8)."""

from typing import Annotated, Final

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

APPROVAL: Final = "claims:approval"

CanWorkClaims = Annotated[Caller, Depends(caller_with("claims"))]
CanApproveClaims = Annotated[Caller, Depends(caller_with(APPROVAL))]
CanReadClaimsHistory = Annotated[Caller, Depends(caller_with("cases", "claims"))]
