"""The HTTP face of cases."""

from fastapi import APIRouter

from py360.modules.cases.routes import exports, lists, one, several

router = APIRouter()
for part in (lists, exports, several, one):  # the fixed addresses before `/cases/{case}`
    router.include_router(part.router)
