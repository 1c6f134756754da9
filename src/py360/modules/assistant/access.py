"""Who may use the assistant (domain reference, 3.8: any renewals permission)."""

from typing import Annotated, Final

from fastapi import Depends, Request

from py360.kit.caller import Caller
from py360.kit.http import CallerWith, caller_with
from py360.modules.assistant.service import keys

RENEWALS: Final = ("dashboard", "cases", "closed-cases", "upload", "campaigns", "renewal-email-manager", "emails")
CanAsk = Annotated[Caller, Depends(caller_with(*RENEWALS))]
CanManageAssistant = Annotated[Caller, Depends(caller_with("settings"))]


class KeyOrSession(CallerWith):
    """The caller behind an API key of the assistant; an access token is taken, too. The key is in the request's scope."""

    async def authenticate(self, request: Request, token: str) -> Caller:
        """See `CallerWith`."""
        if not token.startswith(keys.PREFIX):
            return await super().authenticate(request, token)
        key, caller = await keys.caller_of(token)
        request.scope[KEY] = key
        return caller


KEY: Final = "assistant_key"
CanUseTools = Annotated[Caller, Depends(KeyOrSession(*RENEWALS))]
