"""Who may use identity's routes (domain reference, 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanManageUsers = Annotated[Caller, Depends(caller_with("users", "settings"))]
