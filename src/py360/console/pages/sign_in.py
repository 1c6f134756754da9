"""Signing in and out, and the way back to a forgotten password."""

from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from py360.console import navigation, session
from py360.console.api_client import ApiClient, ApiProblem, Data
from py360.console.session import Tokens
from py360.console.visit import CHANGE_PASSWORD, SIGN_IN, PageRouter, Visit, VisitWith, stranger
from py360.kit.errors import Problem, Unauthenticated
from py360.kit.http import Public

router = PageRouter()
Text = Annotated[str, Form(max_length=500)]


def _local(address: str) -> str:
    """A page of the console to continue to; the first page for any other address."""
    parts = urlsplit(address)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith(f"{session.HOME}/")
    return address if is_ours and "\\" not in address else f"{session.HOME}/"


@router.get("", dependencies=[Public])
@router.get("/", dependencies=[Public])
async def home(request: Request) -> Response:
    """The first page that the caller may open; sign-in for those who have not."""
    try:
        caller, _ = await session.caller_of(request)
    except (Unauthenticated, ApiProblem):
        return RedirectResponse(SIGN_IN, 303)
    return RedirectResponse(CHANGE_PASSWORD if caller.must_change_password else navigation.landing(caller), 303)


@router.get("/sign-in", dependencies=[Public])
async def show_sign_in(request: Request, next: str = "", email: str = "") -> Response:
    """The form. A caller who is signed in continues at once."""
    return stranger(request).page("sign_in.html", next=_local(next), email=email, problem="", form="sign-in")


@router.post("/sign-in", dependencies=[Public])
async def sign_in(
    request: Request, email: Text = "", password: Text = "", csrf: Text = "", next: Text = ""
) -> Response:
    """Sign in by identity's rules; the tokens stay in cookies."""
    visit, answers_script = stranger(request), "text/html" not in request.headers.get("accept", "")
    try:
        session.require_own_page(request, csrf)
        found = await ApiClient(request, None).post(Data, "/auth/login", {"email": email, "password": password})
    except Problem as refused:
        if answers_script:
            raise
        values = {"next": _local(next), "email": email, "problem": refused.message, "form": "sign-in"}
        return visit.page("sign_in.html", refused.status, **values)
    if found["mfaRequired"]:
        if answers_script:
            raise Unauthenticated(
                "Your sign-in needs a code, too. Open the sign-in page in another tab, then send again."
            )
        values = {
            "next": _local(next),
            "email": email,
            "problem": "",
            "form": "code",
            "mfa_token": str(found["mfaToken"]),
        }
        return visit.page("sign_in.html", **values)
    session.keep(request, cast(Tokens, found))
    if answers_script:
        return JSONResponse({"success": True, "data": {}})
    return RedirectResponse(_local(next), 303)


@router.post("/sign-in/code", dependencies=[Public])
async def send_code(
    request: Request, mfa_token: Text = "", otp: Text = "", csrf: Text = "", next: Text = ""
) -> Response:
    """Finish a sign-in with the code of an app."""
    try:
        session.require_own_page(request, csrf)
        asked: Data = {"mfaToken": mfa_token, "otp": otp}
        tokens = await ApiClient(request, None).post(Tokens, "/auth/mfa/verify", asked)
    except Problem as refused:
        form = "sign-in" if refused.code == "sign_in_expired" else "code"
        values = {"next": _local(next), "email": "", "problem": refused.message, "form": form, "mfa_token": mfa_token}
        return stranger(request).page("sign_in.html", refused.status, **values)
    session.keep(request, tokens)
    return RedirectResponse(_local(next), 303)


@router.post("/sign-out", dependencies=[Public])
async def sign_out(request: Request, csrf: Text = "") -> Response:
    """End the session; its tokens stop working at once."""
    session.require_own_page(request, csrf)
    try:
        _, token = await session.caller_of(request)
        await ApiClient(request, token).post(Data, "/auth/logout", {})
    except (Unauthenticated, ApiProblem):
        pass  # it has ended already
    session.forget(request)
    return RedirectResponse(SIGN_IN, 303)


@router.get("/forgot-password", dependencies=[Public])
async def show_forgot(request: Request, email: str = "") -> Response:
    """Ask for a link to set a new password."""
    return stranger(request).page("sign_in.html", next="", email=email, problem="", form="forgot")


@router.post("/forgot-password", dependencies=[Public])
async def forgot(request: Request, email: Text = "", csrf: Text = "") -> Response:
    """Have the letter sent, if there is such an account."""
    visit = stranger(request)
    try:
        session.require_own_page(request, csrf)
        await ApiClient(request, None).post(Data, "/auth/forgot-password", {"email": email})
    except Problem as refused:
        return visit.page("sign_in.html", refused.status, next="", email=email, problem=refused.message, form="forgot")
    return visit.page("sign_in.html", next="", email=email, problem="", form="asked")


@router.get("/change-password")
async def show_change(visit: Annotated[Visit, Depends(VisitWith(before_password_change=True))]) -> Response:
    """The form for a password of one's own: required at the first sign-in, possible at any time."""
    return visit.page("change_password.html")
