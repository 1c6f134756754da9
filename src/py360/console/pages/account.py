"""The caller's own pages: profile, sessions, notifications."""

import asyncio
from typing import Annotated, Final, TypedDict

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

NOTIFICATIONS: Final = Listing(
    address="/notifications",
    path="/notifications",
    key="notifications",
    title=text("Notifications"),
    icon="bell",
    live="notification.new",
    nothing=text("No notifications yet"),
    nothing_text=text("Uploads, campaigns and cases that need you are listed here."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("tab", text("Show"), choices=(("unread", text("Unread")), ("read", text("Read")))),
        Filter(
            "type", text("Type"),
            choices=tuple((code, text(code.title())) for code in ("assignment", "update", "system", "document", "reminder", "report")),
        ),
    ),
    columns=(
        Column("title", text("Notification"), under="message", lead=True),
        Column("type", text("Type"), "label"),
        Column("timestamp", text("When"), "moment"),
    ),
)  # fmt: skip


class Sessions(TypedDict):
    """The caller's open sessions."""

    sessions: list[Data]


@router.get("/profile")
async def profile(visit: Annotated[Visit, Depends(VisitWith())]) -> Response:
    """Name, contacts, settings and open sessions of the caller."""
    own, settings, sessions = await asyncio.gather(
        visit.api.get(Data, "/user/profile"),
        visit.api.get(Data, "/user/settings"),
        visit.api.get(Sessions, "/auth/sessions"),
    )
    return visit.page("profile.html", profile=own, settings=settings["settings"], sessions=sessions["sessions"])


@router.get("/notifications")
async def notifications(visit: Annotated[Visit, Depends(VisitWith(query=NOTIFICATIONS.query))]) -> Response:
    """What the caller was notified of."""
    return await NOTIFICATIONS.show(visit, "notifications.html")
