"""Who may upload policy files, and who may see the state of the batches."""

from typing import Annotated

from fastapi import Depends, Request

from py360.kit.caller import Caller
from py360.kit.errors import Forbidden
from py360.kit.http import CallerWith, caller_with
from py360.modules.uploads import downloads

CanUpload = Annotated[Caller, Depends(caller_with("upload:file-upload"))]
CanSeeUploads = Annotated[Caller, Depends(caller_with("upload"))]
CanSeeBatches = Annotated[Caller, Depends(caller_with("upload:analytics-view", "dashboard"))]


class ByHeaderOrLink(CallerWith):
    """The caller of the token in the address, where there is one, else of the header."""

    async def _admit(self, request: Request) -> Caller:
        token = request.query_params.get("token")
        if not token:
            return await super()._admit(request)
        caller = await downloads.opened(token, request.url.path)
        if not caller.may(*self.permissions):
            raise Forbidden
        return caller


CanDownload = Annotated[Caller, Depends(ByHeaderOrLink("upload"))]
