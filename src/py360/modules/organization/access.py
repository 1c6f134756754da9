"""Who may use organization's routes (domain reference, 3.8): everybody sees their part, managers and administrators change it.

A user's home decides what they reach, so giving one a home takes the permission to manage users.
"""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanSeeOrganization = Annotated[Caller, Depends(caller_with("dashboard", "cases", "users"))]
CanChangeOrganization = Annotated[Caller, Depends(caller_with("dashboard:hierarchy", "users"))]
CanPlaceUsers = Annotated[Caller, Depends(caller_with("users"))]
