"""Who may use the settings' routes. Each section names further who may read it."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import SignedIn, caller_with

CanReadSettings = SignedIn
CanChangeSettings = Annotated[Caller, Depends(caller_with("settings"))]
