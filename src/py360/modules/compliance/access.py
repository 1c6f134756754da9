"""Who may use compliance's routes (domain reference, section 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanKeepDnc = Annotated[Caller, Depends(caller_with("settings"))]
# Users who write to customers must be able to ask whether they may
CanCheckDnc = Annotated[
    Caller,
    Depends(
        caller_with("settings", "campaigns", "cases", "upload", "renewal-email-manager", "renewal-whatsapp-manager")
    ),
]
CanAskOverride = Annotated[Caller, Depends(caller_with("settings", "cases", "campaigns"))]
