"""Who may use messaging's routes (domain reference, section 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanSend = Annotated[
    Caller, Depends(caller_with("campaigns", "cases", "renewal-email-manager", "renewal-whatsapp-manager"))
]
