"""Who may use the routes of the inbox (domain reference, 3.5 and 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanReadMail = Annotated[Caller, Depends(caller_with("emails", "renewal-email-manager"))]
CanWorkMail = Annotated[Caller, Depends(caller_with("emails", "renewal-email-manager"))]
CanWriteMail = Annotated[Caller, Depends(caller_with("emails", "renewal-email-manager"))]
CanSeeMailSettings = Annotated[Caller, Depends(caller_with("settings", "emails", "renewal-email-manager"))]
CanManageMailboxes = Annotated[Caller, Depends(caller_with("settings"))]
CanSeeMailDashboard = Annotated[Caller, Depends(caller_with("email-dashboard"))]
CanSeeMailAnalytics = Annotated[Caller, Depends(caller_with("email-analytics"))]
CanSendBulkMail = Annotated[Caller, Depends(caller_with("bulk-email"))]
