"""The page behind the link of a welcome or reset letter: works without script, and shows its token to nobody else."""

from typing import Annotated, Final

from fastapi import Form, Query, Response
from jinja2 import Environment, PackageLoader

from py360.kit.db import unit_of_work
from py360.kit.errors import Problem
from py360.kit.http import Public, Router
from py360.modules.identity import passwords
from py360.modules.identity.service import credentials

router = Router("", include_in_schema=False)  # people open it from a letter: outside /api
_pages: Final = Environment(loader=PackageLoader("py360.modules.identity", "pages"), autoescape=True)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _page(token: str, note: str = "", done: bool = False, status: int = 200) -> Response:
    limits = {"min_length": passwords.MIN_LENGTH, "max_length": passwords.MAX_LENGTH}
    body = _pages.get_template("reset.html").render(token=token, note=note, done=done, **limits)
    return Response(body, status, _HEADERS, "text/html; charset=utf-8")


@router.get("/reset-password", dependencies=[Public])
async def show(token: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The form. Opening it spends nothing: mail programs open links, too."""
    return _page(token)


@router.post("/reset-password", dependencies=[Public])
async def save(
    token: Annotated[str, Form(max_length=200)] = "",
    newPassword: Annotated[str, Form(max_length=500)] = "",  # noqa: N803 - the wire's name
    confirmPassword: Annotated[str, Form(max_length=500)] = "",  # noqa: N803
) -> Response:
    """Set the password, or say on the page why not."""
    try:
        async with unit_of_work() as session:  # of its own: a refusal undoes it and is still a page
            await credentials.reset(session, token, newPassword, confirmPassword)
    except Problem as refused:
        return _page(token, refused.message, status=refused.status)
    return _page("", "Your password is changed. You can sign in with it now.", done=True)
