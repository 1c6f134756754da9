"""The caller's account: profile and general settings."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.caller import Caller
from py360.kit.errors import Invalid
from py360.modules.identity import authentication
from py360.modules.identity.models import Role, User
from py360.modules.identity.service import email_change

# The General tab (domain reference, 28). Language and second factor have columns of their own.
GENERAL: Final = {"theme": "system", "timezone": "Asia/Kolkata", "emailNotifications": True, "smsNotifications": False}


async def read(session: AsyncSession, caller: Caller) -> dict[str, Any]:
    """The profile page."""
    user = await session.get_one(User, caller.user_id)
    role = await session.get(Role, user.role_id) if user.role_id else None
    return {
        "id": user.id,
        "name": user.name,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "email": user.email,
        "phone": user.phone,
        "company": user.preferences.get("company"),
        "role": role.name if role else None,
        "roleName": role.display_name if role else None,
        "department": user.department,
        "jobTitle": user.job_title,
        "avatarUrl": user.avatar_url,
        "joinDate": user.created_at,
        "lastLoginDate": user.last_login,
        "passwordChangedAt": user.password_changed_at,
        "requirePasswordChange": user.require_password_change,
        "pendingEmail": user.pending_email,
    }


async def change(session: AsyncSession, caller: Caller, changes: dict[str, Any]) -> bool:
    """Change name, phone or company; another e-mail address is asked for by letter: whether one was.

    Raises Invalid when the password for that is missing or wrong, Conflict when the address is taken.
    """
    user = await session.get_one(User, caller.user_id, with_for_update=True)
    password: str | None = changes.pop("current_password", None)
    email: str = changes.pop("email", user.email)
    if asked := email != user.email:
        await email_change.ask(session, user, email, password)
    if "company" in changes:
        user.preferences = {**user.preferences, "company": changes.pop("company")}
    for field, value in changes.items():
        setattr(user, field, value)
    authentication.forget()
    return asked


async def settings(session: AsyncSession, caller: Caller) -> dict[str, Any]:
    """The General tab of this user, defaults filled in."""
    user = await session.get_one(User, caller.user_id)
    chosen = user.preferences.get("general", {})
    return {
        **{key: chosen.get(key, default) for key, default in GENERAL.items()},
        "language": user.portal_language,
        "mfaEnabled": user.mfa_enabled,
    }


async def change_settings(session: AsyncSession, caller: Caller, changes: dict[str, Any]) -> None:
    """Change any of the General tab's values; they are checked by the schema."""
    user = await session.get_one(User, caller.user_id, with_for_update=True)
    if changes.pop("mfaEnabled", user.mfa_enabled) != user.mfa_enabled:
        raise Invalid(
            "A second factor cannot be switched here.", details=[{"field": "mfaEnabled", "message": "not here"}]
        )
    user.portal_language = changes.pop("language", user.portal_language)
    user.preferences = {**user.preferences, "general": {**user.preferences.get("general", {}), **changes}}
