"""What the API of identity takes."""

from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, StringConstraints, model_validator

from py360.kit.caller import Reach
from py360.kit.wire import SHOWN, Schema, unchanged
from py360.modules.identity import catalogue
from py360.modules.identity.addresses import clean_email
from py360.modules.identity.models import split_name

# Spaces belong to a password; everywhere else they are typing slips.
Secret = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200)]
Email = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(clean_email)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Status = Literal["active", "inactive", "pending", "suspended"]
Department = Literal[
    "claims", "underwriting", "customer_service", "sales", "it", "finance", "legal", "management", "other"
]
Permissions = Annotated[list[str], Field(max_length=200)]


def _language(code: str) -> str:
    if code not in catalogue.LANGUAGE_CODES:
        raise ValueError(f"must be one of {', '.join(sorted(catalogue.LANGUAGE_CODES))}")
    return code


# Names of zones that people write and the IANA list does not have, or has for somewhere else.
_ZONES: Final = {"IST": "Asia/Kolkata", "Asia/Calcutta": "Asia/Kolkata", "GMT": "UTC"}


def _timezone(name: str) -> str:
    name = _ZONES.get(name, name)
    if name not in available_timezones():
        raise ValueError("must be an IANA zone such as Asia/Kolkata")
    return name


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


Language = Annotated[str, AfterValidator(_language)]
Timezone = Annotated[str, AfterValidator(_timezone)]


Otp = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\d{6}$"), Field(description="Six digits")]


class Login(Schema):
    """Credentials. `otp` is the code of the app, where a second factor is on and the form asks for all at once."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    password: Secret
    otp: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^(\d{6})?$")] | None = None


class VerifyCode(Schema):
    """What the sign-in answered, and the code of the app."""

    mfa_token: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    otp: Otp


class Code(Schema):
    """The code of the app."""

    otp: Otp


class Refresh(Schema):
    """The refresh token of the last answer."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class ForgotPassword(Schema):
    """Whose password was forgotten."""

    email: Email


class ResetPassword(Schema):
    """The token of the letter and the new password."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    new_password: Secret
    confirm_password: Secret | None = None


class ChangePassword(Schema):
    """The old password and the new one."""

    current_password: Secret
    new_password: Secret
    confirm_password: Secret | None = None


class Named(Schema):
    """A name in one piece or in two; in one piece it is split at the last space."""

    never_empty = frozenset({"name", "firstName"})

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    first_name: Name | None = None
    last_name: Annotated[str, StringConstraints(max_length=100)] | None = None

    def names(self, first: str = "", last: str = "") -> tuple[str, str]:
        """First and last name after the change; `first` and `last` are those before it.

        A form sends all of the record back: when only `name` differs from the record, that is the new name.
        """
        sent = (self.first_name, self.last_name or "")
        is_renamed = sent == (first, last) and self.name != f"{first} {last}".strip()
        if self.name and (is_renamed or not self.first_name):
            return split_name(self.name)
        return self.first_name or first, last if self.last_name is None else self.last_name


class UserIn(Named):
    """A new account."""

    passed_over = SHOWN
    never_empty = Named.never_empty | {"password"}  # spaces are not "empty" there

    email: Email
    password: Annotated[Secret | None, BeforeValidator(_none_if_empty)] = Field(
        None, description="Empty: set by the owner through the welcome letter's link"
    )
    role: str = catalogue.DEFAULT_ROLE
    status: Status = "active"
    phone: Annotated[str, StringConstraints(max_length=20)] | None = None
    department: Department | None = None
    job_title: Annotated[str, StringConstraints(max_length=100)] | None = None
    permissions: Permissions = Field(default_factory=list, description="Empty: the role's")
    portal_language: Language = "en"
    send_welcome_email: bool = True
    require_password_change: bool = True
    client_id: int | None = Field(None, ge=1, description="Empty: the caller's own client")

    @model_validator(mode="after")
    def _has_a_name(self) -> "UserIn":
        if not (self.name or self.first_name):
            raise ValueError("a user needs a name")
        return self


class UserChange(Named):
    """The fields to change; what is left out stays."""

    passed_over = SHOWN | {
        "roleName", "reach", "featurePermissions", "grantedPermissions", "revokedPermissions", "avatarUrl", "mfaEnabled",
        "lockedUntil", "lastLogin", "nodeId", "sendWelcomeEmail",
    }  # fmt: skip
    moves = frozenset({"lockedUntil", "lastLogin"})

    email: Email = unchanged()
    role: str = ""
    status: Status = "active"
    phone: Annotated[str, StringConstraints(max_length=20)] | None = None
    department: Department | None = None
    job_title: Annotated[str, StringConstraints(max_length=100)] | None = None
    permissions: Permissions = Field(default_factory=list)
    portal_language: Language = "en"
    require_password_change: bool = False


class StatusIn(Schema):
    """The new status; the list's switch sends `isActive` instead."""

    status: Status

    @model_validator(mode="before")
    @classmethod
    def _switch(cls, data: object) -> object:
        if isinstance(data, dict) and "status" not in data and isinstance(data.get("isActive"), bool):
            return {"status": "active" if data["isActive"] else "inactive"}
        return data


class RoleName(Schema):
    """The role to give."""

    role: Annotated[str, StringConstraints(min_length=1, max_length=50)]


class PermissionsIn(Schema):
    """The set a user is to hold; empty means the role's."""

    permissions: Permissions


class RoleIn(Schema):
    """A new role; its name is made from the display name."""

    passed_over = SHOWN | {"name", "isSystem", "userCount"}

    display_name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        validation_alias=AliasChoices("displayName", "display_name")
    )
    description: Annotated[str, StringConstraints(max_length=1000)] | None = None
    permissions: Permissions = Field(default_factory=list)
    reach: Reach = "own"


class RoleChange(Schema):
    """The fields to change; the name is fixed."""

    passed_over = RoleIn.passed_over
    moves = frozenset({"userCount"})

    display_name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "-"
    description: Annotated[str, StringConstraints(max_length=1000)] | None = None
    permissions: Permissions = Field(default_factory=list)
    reach: Reach = "own"


class ClientIn(Schema):
    """A client to take on; without a code the next CLIENT-nnn."""

    client_code: Annotated[str, StringConstraints(min_length=1, max_length=50)] | None = None
    client_name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    industry: Annotated[str, StringConstraints(max_length=100)] | None = None
    contact_email: Email | None = None
    contact_phone: Annotated[str, StringConstraints(max_length=20)] | None = None


class ClientChange(Schema):
    """The fields to change; the code is fixed."""

    passed_over = SHOWN | {"clientCode", "userCount"}
    moves = frozenset({"userCount"})

    client_name: Annotated[str, StringConstraints(min_length=1, max_length=255)] = "-"
    industry: Annotated[str, StringConstraints(max_length=100)] | None = None
    contact_email: Email | None = None
    contact_phone: Annotated[str, StringConstraints(max_length=20)] | None = None
    is_active: bool = True


class ProfileChange(Named):
    """The caller's profile."""

    passed_over = SHOWN | {
        "role", "roleName", "department", "jobTitle", "avatarUrl", "joinDate", "lastLoginDate", "passwordChangedAt",
        "requirePasswordChange", "pendingEmail",
    }  # fmt: skip
    moves = frozenset({"lastLoginDate", "pendingEmail"})

    email: Email = unchanged()
    phone: Annotated[str, StringConstraints(max_length=20)] | None = None
    company: Annotated[str, StringConstraints(max_length=200)] | None = None
    current_password: Secret | None = Field(None, description="Needed to change the e-mail address")


class ConfirmEmail(Schema):
    """The token of the letter to the new address."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class GeneralSettings(Schema):
    """The General tab, whole or in part."""

    theme: Literal["light", "dark", "system"] = "system"
    language: Language = "en"
    timezone: Timezone = "Asia/Kolkata"
    email_notifications: bool = True
    sms_notifications: bool = False
    mfa_enabled: bool = False
    show_tour: bool = Field(True, description="Whether the console explains the main job on its first page")
    auto_refresh: bool | None = Field(
        None, description="Of the client's renewals tab: stored there when the caller may"
    )
    show_edit_case_button: bool | None = Field(None, description="The same")


class KeepView(Schema):
    """Filters of a list, kept under a name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    query: Annotated[str, StringConstraints(max_length=2_000, pattern=r"^(\?.*)?$")] = Field(
        "", description="As it stands in the address of the list's page, such as ?status=pending; empty for no filter"
    )


class ChooseColumns(Schema):
    """Columns of a list by their keys: shown or not."""

    columns: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z][\w.]{0,59}$")], bool], Field(max_length=100)
    ]
