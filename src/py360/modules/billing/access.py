"""Who may use the routes of billing."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanSeeBilling = Annotated[Caller, Depends(caller_with("billing"))]
