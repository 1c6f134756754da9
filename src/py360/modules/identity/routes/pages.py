"""The pages behind the links of identity's letters: they work without script, and pass their token to nobody else."""

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Form, Header, Query, Response

from py360.kit.db import unit_of_work
from py360.kit.errors import Problem
from py360.kit.http import Public, Router
from py360.kit.pages import Language, Pages
from py360.modules.identity import passwords
from py360.modules.identity.service import credentials, email_change

router = Router("", include_in_schema=False)  # people open them from a letter: outside /api
_PATHS: Final = {"reset": "reset-password", "confirm_email": "confirm-email"}
_PAGES: Final = Pages(Path(__file__).parents[1] / "pages", "identity")
Token = Annotated[str, Query(max_length=200)]
PostedToken = Annotated[str, Form(max_length=200)]
Wanted = Annotated[str | None, Query(alias="lang", max_length=20, description="Language of the page")]
Accepted = Annotated[str | None, Header(alias="accept-language")]


def _language(wanted: Wanted = None, accepted: Accepted = None) -> Language:
    return Language.chosen(wanted, accepted)


Spoken = Annotated[Language, Depends(_language)]


def _page(
    name: str,
    language: Language,
    *,
    token: str = "",
    note: str = "",
    done: bool = False,
    email: str = "",
    brand: str = "",
    status: int = 200,
) -> Response:
    """A page; without a token it has a note only, no form. A note that the catalogue knows is shown in the reader's language."""
    page = _PAGES.render(
        f"{name}.html",
        language,
        here=f"/{_PATHS[name]}?token={quote(token)}" if token else "",
        brand=brand,
        status=status,
        token=token,
        note=_PAGES.text(language)(note),
        done=done,
        email=email,
        min_length=passwords.MIN_LENGTH,
        max_length=passwords.MAX_LENGTH,
    )
    return Response(page.html, page.status, dict(page.headers))


@router.get("/reset-password", dependencies=[Public])
async def show_reset(language: Spoken, token: Token = "") -> Response:
    """The form, or that the link does not work. Opening it spends nothing: mail programs open links, too."""
    try:
        async with unit_of_work() as session:
            brand = await credentials.office_of(session, await credentials.find(session, token))
    except Problem as refused:
        return _page("reset", language, note=refused.message, status=refused.status)
    return _page("reset", language, token=token, brand=brand)


@router.post("/reset-password", dependencies=[Public])
async def reset(
    language: Spoken,
    token: PostedToken = "",
    newPassword: Annotated[str, Form(max_length=500)] = "",  # noqa: N803 - the form's name for it
    confirmPassword: Annotated[str, Form(max_length=500)] = "",  # noqa: N803 - the form's name for it
) -> Response:
    """Set the password, or say on the page why not."""
    try:
        async with unit_of_work() as session:  # of its own: a refusal undoes it and is still a page
            await credentials.reset(session, token, newPassword, confirmPassword)
    except Problem as refused:
        again = "" if isinstance(refused, credentials.ResetLinkUsed) else token
        return _page("reset", language, token=again, note=refused.message, status=refused.status)
    return _page("reset", language, note="Your password was changed. You can sign in with it now.", done=True)


@router.get("/confirm-email", dependencies=[Public])
async def show_confirm_email(language: Spoken, token: Token = "") -> Response:
    """The new address and a button, or that the link does not work."""
    try:
        async with unit_of_work() as session:
            user = await email_change.find(session, token)
            email = user.pending_email or ""
    except Problem as refused:
        return _page("confirm_email", language, note=refused.message, status=refused.status)
    return _page("confirm_email", language, token=token, email=email)


@router.post("/confirm-email", dependencies=[Public])
async def confirm_email(language: Spoken, token: PostedToken = "") -> Response:
    """Make the new address the login, or say on the page why not."""
    try:
        async with unit_of_work() as session:
            email = await email_change.confirm(session, token)
    except Problem as refused:
        return _page("confirm_email", language, note=refused.message, status=refused.status)
    return _page(
        "confirm_email", language, note="Your e-mail address is confirmed. Sign in with it.", done=True, email=email
    )
