"""The caller's own pages: profile, sessions, notifications."""

import asyncio
import textwrap
from typing import Annotated, Final, TypedDict

import segno
from fastapi import Depends, Response
from pydantic import StringConstraints

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit.wire import Schema

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


class AppKey(Schema):
    """What POST /api/auth/mfa/setup answered."""

    passed_over = frozenset({"message"})

    secret: Annotated[str, StringConstraints(pattern=r"^[A-Z2-7]{16,128}$")]
    otpauth_url: Annotated[str, StringConstraints(pattern=r"^otpauth://totp/", max_length=500)]


@router.post("/profile/second-factor")
async def second_factor(visit: Annotated[Visit, Depends(VisitWith())], made: AppKey) -> Response:
    """A part of the profile: the key just made, as a QR code to scan and in groups of four to type."""
    picture = segno.make_qr(made.otpauth_url).svg_inline(omitsize=True, light="#fff")
    return visit.page("second_factor.html", picture=picture, key=" ".join(textwrap.wrap(made.secret, 4)))


@router.get("/notifications")
async def notifications(visit: Annotated[Visit, Depends(VisitWith(query=NOTIFICATIONS.query))]) -> Response:
    """What the caller was notified of."""
    return await NOTIFICATIONS.show(visit, "notifications.html")
