"""Who may upload policy files, and who may see how the batches stand."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanUpload = Annotated[Caller, Depends(caller_with("upload:file-upload"))]
CanSeeUploads = Annotated[Caller, Depends(caller_with("upload"))]
CanSeeBatches = Annotated[Caller, Depends(caller_with("upload:analytics-view", "dashboard"))]
