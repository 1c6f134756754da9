"""Who may use the assistant (domain reference, 3.8: any renewals permission)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanAsk = Annotated[
    Caller,
    Depends(
        caller_with("dashboard", "cases", "closed-cases", "upload", "campaigns", "renewal-email-manager", "emails")
    ),
]
CanManageAssistant = Annotated[Caller, Depends(caller_with("settings"))]
