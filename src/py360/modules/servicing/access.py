"""Who may use the routes of the desks: holders of each desk's page (domain reference, 3.5)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanService = Annotated[Caller, Depends(caller_with("policy-servicing"))]
CanWorkNewBusiness = Annotated[Caller, Depends(caller_with("new-business"))]
CanAssess = Annotated[Caller, Depends(caller_with("medical-management"))]
