"""Who may use the routes of templates (domain reference, section 3.8)."""

from typing import Annotated

from fastapi import Depends

from py360.kit.caller import Caller
from py360.kit.http import caller_with

CanReadTemplates = Annotated[
    Caller, Depends(caller_with("templates", "campaigns", "upload:template-selection", "cases"))
]
CanWriteTemplates = Annotated[Caller, Depends(caller_with("templates"))]
