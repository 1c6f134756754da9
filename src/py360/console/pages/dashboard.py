"""The first page of most people: where the renewals stand."""

from typing import Annotated

from fastapi import Depends, Response

from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()


@router.get("/dashboard")
async def dashboard(visit: Annotated[Visit, Depends(VisitWith("dashboard"))]) -> Response:
    """The main job in its steps, for those who begin."""
    return visit.page("dashboard/index.html")
