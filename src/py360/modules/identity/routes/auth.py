"""Sign-in, sign-out and the caller's account."""

from fastapi import Request, Response

from py360.kit.http import Answer, DbReads, Message, Public, Router, Session, SignedIn, ok
from py360.modules.identity import office_settings, queries
from py360.modules.identity.access import BeforePasswordChange
from py360.modules.identity.schemas import (
    ChangePassword,
    Code,
    ConfirmEmail,
    ForgotPassword,
    GeneralSettings,
    Login,
    ProfileChange,
    Refresh,
    ResetPassword,
    VerifyCode,
)
from py360.modules.identity.service import attempts, credentials, devices, email_change, profile, second_factor, sign_in
from py360.modules.identity.service.sign_in import Device
from py360.modules.identity.views import (
    EmailConfirmed,
    GeneralSettingsAnswer,
    GeneralSettingsSaved,
    MfaRequiredView,
    MfaSetupView,
    MfaSwitched,
    ProfileSaved,
    ProfileView,
    SignedInUserView,
    SignInSessionEnded,
    SignInSessions,
    SignInView,
)

router = Router()


def _device(request: Request) -> Device:
    address = attempts.clean_address(request.client.host if request.client else None)
    return Device(address, request.headers.get("user-agent"), request.cookies.get(devices.COOKIE))


@router.post("/auth/login", dependencies=[Public], response_model=Answer[SignInView | MfaRequiredView])
async def login(request: Request, body: Login) -> Response:
    """Sign in with e-mail and password: an access token for ten minutes, a refresh token, and the user.

    Where the user's second factor is on, `otp` is needed, too: without it the answer has `mfaRequired` and an `mfaToken` for
    POST /auth/mfa/verify. Five wrong passwords in a row from one network address lock the account for that address: for 15
    minutes, then for twice as long each time. The answer sets the cookie `py360_device`, which grants nothing: it distinguishes a
    browser that has signed in before from a stranger's.
    """
    device = _device(request)
    found = await sign_in.sign_in(body.email, body.password, device)
    if isinstance(found, int) and body.otp:
        found = await second_factor.complete(found, body.otp, device)
    if isinstance(found, int):
        token = second_factor.token_for(found)
        seconds = int(second_factor.LIFETIME.total_seconds())
        return ok({"mfaRequired": True, "mfaToken": token, "expiresIn": seconds})
    return ok(found.to_public(), headers={"Set-Cookie": devices.cookie_for(found.user["id"])})


@router.post("/auth/mfa/verify", dependencies=[Public], response_model=Answer[SignInView])
async def verify_code(request: Request, body: VerifyCode) -> Response:
    """Finish a sign-in with the code of the user's app. A code counts once; five tries in five minutes."""
    signed_in = await second_factor.verify(body.mfa_token, body.otp, _device(request))
    return ok(signed_in.to_public(), headers={"Set-Cookie": devices.cookie_for(signed_in.user["id"])})


@router.post("/auth/mfa/setup", response_model=Answer[MfaSetupView])
async def set_up_code(session: Session, caller: SignedIn) -> Response:
    """A secret for the caller's authenticator app; it counts once POST /auth/mfa/enable confirms it with a code."""
    secret, url = await second_factor.setup(session, caller)
    message = "Add this to your authenticator app, then confirm it with a code."
    return ok({"secret": secret, "otpauthUrl": url, "message": message})


@router.post("/auth/mfa/enable", response_model=Answer[MfaSwitched])
async def enable_code(session: Session, caller: SignedIn, body: Code) -> Response:
    """Switch the second factor on, with a code of the app; other devices are signed out."""
    await second_factor.switch(session, caller, body.otp, on=True)
    return ok({"mfaEnabled": True, "message": "From now on a code of your app is asked for when you sign in."})


@router.post("/auth/mfa/disable", response_model=Answer[MfaSwitched])
async def disable_code(session: Session, caller: SignedIn, body: Code) -> Response:
    """Switch the second factor off, with a code of the app."""
    await second_factor.switch(session, caller, body.otp, on=False)
    return ok({"mfaEnabled": False, "message": "Your second factor is off."})


@router.post("/auth/refresh", dependencies=[Public], response_model=Answer[SignInView])
async def refresh(body: Refresh) -> Response:
    """New tokens for a refresh token. Asked again within ten seconds, the same ones; later, that ends the session."""
    return ok((await sign_in.refresh(body.refresh_token)).to_public())


@router.post("/auth/logout", response_model=Answer[Message])
async def logout(session: Session, caller: BeforePasswordChange) -> Response:
    """End this session; its tokens stop working at once."""
    await sign_in.sign_out(session, caller.session_id)
    return ok({"message": "You are signed out."})


@router.get("/auth/me", response_model=Answer[SignedInUserView])
async def me(session: Session, caller: SignedIn) -> Response:
    """The signed-in user and their permissions, as at sign-in."""
    return ok(await queries.me(session, caller.user_id))


@router.get("/auth/sessions", response_model=Answer[SignInSessions])
async def sessions(reads: DbReads, caller: SignedIn) -> Response:
    """The caller's open sessions."""
    found = await queries.open_sessions(reads, caller)
    return ok({"sessions": [each.to_public(caller.session_id) for each in found]})


@router.delete("/auth/sessions/{session_id}", response_model=Answer[SignInSessionEnded])
async def end_session(session: Session, caller: SignedIn, session_id: int) -> Response:
    """End one of the caller's sessions."""
    await sign_in.revoke(session, caller.user_id, session_id)
    return ok({"sessionId": session_id, "message": "The session has ended."})


@router.post("/auth/forgot-password", dependencies=[Public], response_model=Answer[Message])
async def forgot_password(request: Request, session: Session, body: ForgotPassword) -> Response:
    """Ask for a reset link by mail. The answer is the same whether or not there is such an account."""
    await credentials.forgot(session, body.email, _device(request).ip_address)
    return ok({"message": "If there is an account for this address, a reset link is on its way to it."})


@router.post("/auth/reset-password", dependencies=[Public], response_model=Answer[Message])
async def reset_password(session: Session, body: ResetPassword) -> Response:
    """Set a new password with the token of the letter."""
    await credentials.reset(session, body.token, body.new_password, body.confirm_password)
    return ok({"message": "Your password was changed. Sign in with it."})


@router.put("/user/change-password", response_model=Answer[Message])
async def change_password(session: Session, caller: BeforePasswordChange, body: ChangePassword) -> Response:
    """Change the caller's password; other devices are signed out. Nothing else is allowed while `requirePasswordChange` is set."""
    await credentials.change(session, caller, body.current_password, body.new_password, body.confirm_password)
    return ok({"message": "Your password was changed."})


@router.get("/user/profile", response_model=Answer[ProfileView])
async def read_profile(session: Session, caller: SignedIn) -> Response:
    """The caller's profile."""
    return ok(await profile.read(session, caller))


@router.put("/user/profile", response_model=Answer[ProfileSaved])
async def change_profile(session: Session, caller: SignedIn, body: ProfileChange) -> Response:
    """Change the caller's name, phone or company; role and department are the administrator's.

    Another `email` takes `currentPassword`, and becomes the login when the link that is sent to it is opened; until then
    it is shown as `pendingEmail`.
    """
    before = await profile.read(session, caller)
    is_email_pending = await profile.change(session, caller, body)
    body.as_shown(before)
    message = "Your profile was saved."
    if is_email_pending:
        message += f" Open the link that we sent to {body.email} to make it your e-mail address."
    return ok({**await profile.read(session, caller), "message": message})


@router.post("/auth/confirm-email", dependencies=[Public], response_model=Answer[EmailConfirmed])
async def confirm_email(session: Session, body: ConfirmEmail) -> Response:
    """Make the address the login to which the letter with this token was sent."""
    email = await email_change.confirm(session, body.token)
    return ok({"email": email, "message": f"Your e-mail address is now {email}."})


@router.get("/user/settings", response_model=Answer[GeneralSettingsAnswer])
async def read_settings(session: Session, caller: SignedIn) -> Response:
    """The caller's general settings."""
    return ok({"settings": await profile.settings(session, caller)})


@router.put("/user/settings", response_model=Answer[GeneralSettingsSaved])
async def change_settings(session: Session, caller: SignedIn, body: GeneralSettings) -> Response:
    """Change the caller's general settings, all or some.

    What belongs to the whole client is stored with its settings when the caller may change those, else named in `ignored`.
    """
    changes = body.model_dump(exclude_unset=True, by_alias=True)
    of_client = {name: changes.pop(name) for name in office_settings.NAMES if name in changes}
    await profile.change_settings(session, caller, changes)
    ignored = await office_settings.change(session, caller, of_client)
    message = "Your settings were saved."
    if ignored:
        message += f" An administrator decides about {', '.join(ignored)}."
    return ok({"settings": await profile.settings(session, caller), "ignored": ignored, "message": message})
