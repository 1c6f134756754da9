"""Who may use the settings' routes. Reading is narrowed further by each section's own readers."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import SignedIn, caller_with

CanReadSettings = SignedIn
CanChangeSettings = Annotated[Caller, Depends(caller_with("settings"))]
