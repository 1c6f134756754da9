"""Who may use organization's routes (domain reference, 3.8): everybody may see their part, managers and administrators change it."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanSeeOrganization = Annotated[Caller, Depends(caller_with("dashboard", "cases", "users"))]
CanChangeOrganization = Annotated[Caller, Depends(caller_with("dashboard:hierarchy", "users"))]
