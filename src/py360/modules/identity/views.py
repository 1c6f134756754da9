"""What the API answers of identity."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.paging import Pagination


class SignedInUserView(TypedDict):
    """Who is signed in, and what they may do."""

    id: int
    name: str
    firstName: str
    lastName: str
    email: str
    role: str | None
    roleName: str | None
    reach: str
    portalLanguage: str
    permissions: list[str]
    featurePermissions: list[str]
    clientId: int
    clientName: str
    avatarUrl: str | None
    mfaEnabled: bool
    requirePasswordChange: bool
    readOnly: bool


class SignInView(TypedDict):
    """The tokens of a sign-in, and who it is."""

    token: str
    refreshToken: str
    expiresIn: int
    mfaRequired: bool
    user: SignedInUserView


class MfaRequiredView(TypedDict):
    """The password was right, and a code of the user's app is needed: POST /api/auth/mfa/verify with both."""

    mfaRequired: bool
    mfaToken: str
    expiresIn: int


class MfaSetupView(TypedDict):
    """The secret to type into an authenticator app, and the same as the address that its QR code holds."""

    secret: str
    otpauthUrl: str
    message: str


class MfaSwitched(TypedDict):
    """Whether the second factor is on now."""

    mfaEnabled: bool
    message: str


class SignInSessionView(TypedDict):
    """A device that is signed in."""

    id: int
    ipAddress: str | None
    userAgent: str | None
    createdAt: datetime
    lastActivity: datetime
    expiresAt: datetime
    current: bool


class SignInSessions(TypedDict):
    """One's signed-in devices."""

    sessions: list[SignInSessionView]


class SignInSessionEnded(TypedDict):
    """A device was signed out."""

    sessionId: int
    message: str


class ProfileView(TypedDict):
    """One's own profile."""

    pendingEmail: str | None
    id: int
    name: str
    firstName: str
    lastName: str
    email: str
    phone: str | None
    company: str | None
    role: str | None
    roleName: str | None
    department: str | None
    jobTitle: str | None
    avatarUrl: str | None
    joinDate: datetime
    lastLoginDate: datetime | None
    passwordChangedAt: datetime
    requirePasswordChange: bool


class ProfileSaved(ProfileView):
    """The profile as it was saved."""

    message: str


class GeneralSettingsView(TypedDict):
    """One's own general settings."""

    theme: str
    timezone: str
    emailNotifications: bool
    smsNotifications: bool
    language: str
    mfaEnabled: bool
    showTour: bool


class GeneralSettingsAnswer(TypedDict):
    """One's own general settings."""

    settings: GeneralSettingsView


class GeneralSettingsSaved(TypedDict):
    """The settings as they were saved; `ignored` names what an administrator decides."""

    ignored: list[str]
    settings: GeneralSettingsView
    message: str


class KeptViewView(TypedDict):
    """Filters of a list under a name; `query` as it stands in the address of the list's page."""

    name: str
    query: str


class KeptListView(TypedDict):
    """How a user keeps a list: saved views, and the columns that are shown (true) or hidden against its usual ones."""

    list: str
    views: list[KeptViewView]
    columns: dict[str, bool]


class KeptListSaved(KeptListView):
    """The same, as it was saved."""

    message: str


class ListedClientView(TypedDict):
    """A client in the list."""

    id: int
    clientCode: str
    clientName: str
    industry: str | None
    contactEmail: str | None
    contactPhone: str | None
    isActive: bool
    createdAt: datetime
    updatedAt: datetime
    userCount: int


class ClientList(TypedDict):
    """A page of the clients."""

    clients: list[ListedClientView]
    pagination: Pagination


class ClientSaved(ListedClientView):
    """A client as it was saved."""

    message: str


class PermissionView(TypedDict):
    """A page that a role may open."""

    id: str
    name: str
    description: str
    category: str
    route: str


class FeatureView(TypedDict):
    """A feature of a page."""

    id: str
    name: str
    description: str
    category: str
    route: str | None


class PermissionCatalogue(TypedDict):
    """All pages and features there are."""

    permissions: list[PermissionView]
    features: list[FeatureView]


class RoleView(TypedDict):
    """A role."""

    id: int
    name: str
    displayName: str
    description: str | None
    permissions: list[str]
    reach: str
    isSystem: bool
    userCount: int
    createdAt: datetime
    updatedAt: datetime


class RoleList(TypedDict):
    """A page of the roles."""

    roles: list[RoleView]
    pagination: Pagination


class RoleSaved(RoleView):
    """A role as it was saved."""

    message: str


class RoleDeleted(TypedDict):
    """A role was deleted."""

    roleId: int
    message: str


class UserView(TypedDict):
    """A user."""

    id: int
    name: str
    firstName: str
    lastName: str
    email: str
    phone: str | None
    department: str | None
    jobTitle: str | None
    role: str | None
    roleName: str | None
    reach: str
    status: str
    permissions: list[str]
    featurePermissions: list[str]
    grantedPermissions: list[str]
    revokedPermissions: list[str]
    portalLanguage: str
    avatarUrl: str | None
    mfaEnabled: bool
    requirePasswordChange: bool
    lockedUntil: datetime | None
    lastLogin: datetime | None
    clientId: int
    clientName: str
    nodeId: int | None
    createdAt: datetime
    updatedAt: datetime


class UserList(TypedDict):
    """A page of the users."""

    users: list[UserView]
    pagination: Pagination


class UserSaved(UserView):
    """A user as it was saved."""

    message: str


class UserDeleted(TypedDict):
    """A user was deactivated or deleted."""

    userId: int
    status: str
    message: str


class EmailConfirmed(TypedDict):
    """Another e-mail address is the login now."""

    email: str
    message: str
