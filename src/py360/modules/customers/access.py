"""Who may use the routes of customers and policies (domain reference, 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanReadCustomers = Annotated[Caller, Depends(caller_with("cases", "policy-timeline"))]
CanChangeCustomers = Annotated[Caller, Depends(caller_with("cases", "policy-timeline"))]
