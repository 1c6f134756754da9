"""Who may use identity's routes (domain reference, 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import CallerWith, caller_with

CanManageUsers = Annotated[Caller, Depends(caller_with("users", "settings"))]
# Any login, even one that must change its password before anything else.
BeforePasswordChange = Annotated[Caller, Depends(CallerWith(before_password_change=True))]
