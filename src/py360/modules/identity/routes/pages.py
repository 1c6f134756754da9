"""The pages behind the links of identity's letters: they work without script, and pass their token to nobody else."""

from typing import Annotated, Final

from fastapi import Form, Query, Response
from jinja2 import Environment, PackageLoader

from py360.kit.db import unit_of_work
from py360.kit.errors import Problem
from py360.kit.http import Public, Router
from py360.modules.identity import passwords
from py360.modules.identity.service import credentials, email_change

router = Router("", include_in_schema=False)  # people open them from a letter: outside /api
_pages: Final = Environment(loader=PackageLoader("py360.modules.identity", "pages"), autoescape=True)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
Token = Annotated[str, Query(max_length=200)]
PostedToken = Annotated[str, Form(max_length=200)]


def _page(
    name: str, *, token: str = "", note: str = "", done: bool = False, email: str = "", status: int = 200
) -> Response:
    """A page; without a token it has a note only, no form."""
    limits = {"min_length": passwords.MIN_LENGTH, "max_length": passwords.MAX_LENGTH}
    body = _pages.get_template(f"{name}.html").render(
        token=token, form=bool(token), note=note, done=done, email=email, **limits
    )
    return Response(body, status, _HEADERS, "text/html; charset=utf-8")


@router.get("/reset-password", dependencies=[Public])
async def show_reset(token: Token = "") -> Response:
    """The form, or that the link does not work. Opening it spends nothing: mail programs open links, too."""
    try:
        async with unit_of_work() as session:
            await credentials.find(session, token)
    except Problem as refused:
        return _page("reset", note=refused.message, status=refused.status)
    return _page("reset", token=token)


@router.post("/reset-password", dependencies=[Public])
async def reset(
    token: PostedToken = "",
    newPassword: Annotated[str, Form(max_length=500)] = "",  # noqa: N803 - the wire's name
    confirmPassword: Annotated[str, Form(max_length=500)] = "",  # noqa: N803
) -> Response:
    """Set the password, or say on the page why not."""
    try:
        async with unit_of_work() as session:  # of its own: a refusal undoes it and is still a page
            await credentials.reset(session, token, newPassword, confirmPassword)
    except Problem as refused:
        again = "" if isinstance(refused, credentials.ResetLinkUsed) else token
        return _page("reset", token=again, note=refused.message, status=refused.status)
    return _page("reset", note="Your password was changed. You can sign in with it now.", done=True)


@router.get("/confirm-email", dependencies=[Public])
async def show_confirm_email(token: Token = "") -> Response:
    """The new address and a button, or that the link does not work."""
    try:
        async with unit_of_work() as session:
            user = await email_change.find(session, token)
            email = user.pending_email or ""
    except Problem as refused:
        return _page("confirm_email", note=refused.message, status=refused.status)
    return _page("confirm_email", token=token, email=email)


@router.post("/confirm-email", dependencies=[Public])
async def confirm_email(token: PostedToken = "") -> Response:
    """Make the new address the login, or say on the page why not."""
    try:
        async with unit_of_work() as session:
            email = await email_change.confirm(session, token)
    except Problem as refused:
        return _page("confirm_email", note=refused.message, status=refused.status)
    return _page("confirm_email", note=f"Your e-mail address is now {email}. Sign in with it.", done=True)
