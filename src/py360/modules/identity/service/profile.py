"""The caller's account: profile and general settings."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.caller import Caller
from py360.kit.errors import Invalid
from py360.modules.identity import authentication
from py360.modules.identity.models import NO_KEY, Role, User
from py360.modules.identity.schemas import ProfileChange
from py360.modules.identity.service import email_change
from py360.modules.identity.views import GeneralSettingsView, ProfileView

# The General tab (domain reference, 28). Language and second factor have columns of their own.
GENERAL: Final = {
    "theme": "system", "timezone": "Asia/Kolkata", "emailNotifications": True, "smsNotifications": False, "showTour": True,
}  # fmt: skip


async def read(session: AsyncSession, caller: Caller) -> ProfileView:
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


async def change(session: AsyncSession, caller: Caller, new: ProfileChange) -> bool:
    """Change name, phone or company. Whether a letter was sent to another e-mail address, which has to be confirmed.

    Raises Invalid when the password for that is missing or wrong, Conflict when the address is taken.
    """
    user = await session.get_one(User, caller.user_id, with_for_update=NO_KEY)
    is_email_new = "email" in new.model_fields_set and new.email != user.email
    if is_email_new:
        await email_change.ask(session, user, new.email, new.current_password)
    user.first_name, user.last_name = new.names(user.first_name, user.last_name)
    if "phone" in new.model_fields_set:
        user.phone = new.phone
    if "company" in new.model_fields_set:
        user.preferences = {**user.preferences, "company": new.company}
    authentication.forget()
    return is_email_new


async def settings(session: AsyncSession, caller: Caller) -> GeneralSettingsView:
    """The General tab of this user, defaults filled in."""
    user = await session.get_one(User, caller.user_id)
    chosen: dict[str, Any] = {**GENERAL, **user.preferences.get("general", {})}
    return {
        "theme": chosen["theme"],
        "timezone": chosen["timezone"],
        "emailNotifications": chosen["emailNotifications"],
        "smsNotifications": chosen["smsNotifications"],
        "language": user.portal_language,
        "mfaEnabled": user.mfa_enabled,
        "showTour": chosen["showTour"],
    }


async def change_settings(session: AsyncSession, caller: Caller, changes: Mapping[str, object]) -> None:
    """Change any of the General tab's values, by their names in the API; they are checked by the schema."""
    user = await session.get_one(User, caller.user_id, with_for_update=NO_KEY)
    if changes.get("mfaEnabled", user.mfa_enabled) != user.mfa_enabled:
        raise Invalid(
            "Switch the second factor with a code: POST /api/auth/mfa/enable or /disable.",
            details=[{"field": "mfaEnabled", "message": "not here"}],
        )
    if isinstance(language := changes.get("language"), str):
        user.portal_language = language
    general = {name: value for name, value in changes.items() if name in GENERAL}
    user.preferences = {**user.preferences, "general": {**user.preferences.get("general", {}), **general}}
