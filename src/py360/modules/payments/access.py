"""Who may use the routes of payments (domain reference, 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanReadPayments = Annotated[Caller, Depends(caller_with("cases", "closed-cases"))]
CanTakePayments = Annotated[Caller, Depends(caller_with("cases:payments"))]
CanReadLedger = Annotated[Caller, Depends(caller_with("billing"))]
CanApprovePayments = Annotated[Caller, Depends(caller_with("cases:payment-approvals"))]
CanReconcile = Annotated[Caller, Depends(caller_with("billing"))]
