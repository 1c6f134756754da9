"""Users: made, changed, deactivated. A caller gives no permission they do not hold, and changes no user who holds more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto
from py360.kit.caller import Caller, Reach
from py360.kit.clock import version_of
from py360.kit.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from py360.modules.identity import addresses, authentication, catalogue, letters, passwords
from py360.modules.identity.errors import LastAdministrator, OneselfRefused
from py360.modules.identity.models import NO_KEY, Role, User
from py360.modules.identity.schemas import UserChange, UserIn
from py360.modules.identity.service import attempts, credentials, email_change, sign_in

# The columns that follow no rule of their own when a user is changed.
_PLAIN: Final = frozenset({"phone", "department", "job_title", "portal_language", "require_password_change"})


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a new account needs. Without a password the owner sets one through the welcome letter's link."""

    email: str
    first_name: str
    last_name: str
    role: str = catalogue.DEFAULT_ROLE
    password: str | None = None
    phone: str | None = None
    department: str | None = None
    job_title: str | None = None
    status: str = "active"
    portal_language: str = "en"
    require_password_change: bool = True
    send_welcome_email: bool = True


async def role_named(session: AsyncSession, name: str) -> Role:
    """The role of that name; raises Invalid when there is none."""
    role = await session.scalar(select(Role).where(Role.name == name))
    if role is None:
        raise Invalid(
            f"There is no role “{name}”.", code="unknown_role", details=[{"field": "role", "message": "unknown role"}]
        )
    return role


async def create(session: AsyncSession, client_id: int, new: NewUser) -> User:
    """Make an account; raises Conflict when the e-mail is taken, Invalid when the password or the role will not do.

    Knows no caller: rights are checked before.
    """
    if new.password is not None:
        passwords.check_new(new.password, field="password", about=(new.email, new.first_name, new.last_name))
    email = addresses.check_email(new.email)
    await email_change.check_email_free(session, email)
    role = await role_named(session, new.role)
    user = User(
        client_id=client_id,
        email=email,
        password_hash=await passwords.hash_password(new.password or crypto.random_token()),
        first_name=new.first_name,
        last_name=new.last_name,
        phone=new.phone,
        department=new.department,
        job_title=new.job_title,
        role_id=role.id,
        status=new.status,
        portal_language=new.portal_language,
        require_password_change=new.require_password_change,
    )
    session.add(user)
    await session.flush()  # the answer and the letter need the id
    if new.send_welcome_email:
        link = credentials.reset_link(user)
        await letters.post().welcome(session, client_id=client_id, email=user.email, name=user.name, link=link)
    return user


async def add(session: AsyncSession, caller: Caller, new: UserIn) -> int:
    """Make an account on a caller's behalf, with overrides when it names permissions; the new user's id."""
    client = new.client_id or caller.client_id
    if client not in caller.client_ids:
        raise Invalid(
            "There is no such client within your reach.", details=[{"field": "clientId", "message": "unknown client"}]
        )
    role = await role_named(session, new.role)
    _may_give(caller, role, new.permissions)
    user = await create(session, client, _account(new))
    if new.permissions:
        user.granted_permissions, user.revoked_permissions = catalogue.overrides(role.permissions, new.permissions)
    return user.id


def _account(new: UserIn) -> NewUser:
    first_name, last_name = new.names()
    return NewUser(
        email=new.email,
        first_name=first_name,
        last_name=last_name,
        role=new.role,
        password=new.password,
        phone=new.phone,
        department=new.department,
        job_title=new.job_title,
        status=new.status,
        portal_language=new.portal_language,
        require_password_change=new.require_password_change,
        send_welcome_email=new.send_welcome_email,
    )


async def within_reach(session: AsyncSession, caller: Caller, user_id: int) -> tuple[User, Role | None]:
    """A user of the caller's clients, locked for change, who holds no more than the caller; raises NotFound or Forbidden."""
    user = await session.get(User, user_id, with_for_update=NO_KEY)
    if user is None or user.client_id not in caller.client_ids:
        raise NotFound(f"There is no user {user_id}.")
    role = await session.get(Role, user.role_id) if user.role_id else None
    if caller.role not in catalogue.SPAN_CLIENTS:
        theirs = catalogue.permitted(
            role.permissions if role else (), user.granted_permissions, user.revoked_permissions
        )
        if (role and role.name in catalogue.SPAN_CLIENTS) or not theirs <= caller.permissions:
            raise Forbidden("This user may do more than you. Ask an administrator to change them.", code="holds_more")
    return user, role


def _unchanged(user: User, version: int | None) -> None:
    if version is not None and version != version_of(user.updated_at):
        raise PreconditionFailed


def _may_give(caller: Caller, role: Role, wanted: Sequence[str] = ()) -> None:
    """Raise unless everything in the role and the wanted set is the caller's own to give."""
    catalogue.refuse_unknown(wanted)
    if caller.role in catalogue.SPAN_CLIENTS:
        return
    if role.name in catalogue.SPAN_CLIENTS:
        raise Forbidden("Only an administrator of the installation can make another one.", code="gives_more_than_held")
    if catalogue.REACHES.index(cast(Reach, role.reach)) > catalogue.REACHES.index(caller.reach):
        raise Forbidden(
            "This role reaches further than your own. Ask an administrator to give it.", code="gives_more_than_held"
        )
    if missing := sorted({*role.permissions, *wanted} - caller.permissions):
        raise Forbidden(
            f"You cannot give away what you do not hold yourself: {', '.join(missing)}.", code="gives_more_than_held"
        )


async def _not_the_last_administrator(session: AsyncSession, user: User, role: Role | None) -> None:
    """Raise when the installation would be left without an active administrator."""
    if role is None or role.name not in catalogue.SPAN_CLIENTS or user.status != "active":
        return
    # Lock them all, so that two administrators who deactivate each other at once take turns.
    rows = await session.execute(
        select(User.id)
        .join(Role, Role.id == User.role_id)
        .where(Role.name.in_(catalogue.SPAN_CLIENTS), User.status == "active")
        .order_by(User.id)
        .with_for_update(of=User, key_share=True)
    )
    if [row.id for row in rows] == [user.id]:
        raise LastAdministrator


async def update(
    session: AsyncSession, caller: Caller, user_id: int, change: UserChange, version: int | None = None
) -> None:
    """Change the fields of a user that were sent; role and status follow their own rules.

    Raises PreconditionFailed when `version` is no longer the user's.
    """
    user, role = await within_reach(session, caller, user_id)
    _unchanged(user, version)
    fields = change.given()
    if "email" in fields:
        await _change_email(session, caller, user, change.email.lower())
    user.first_name, user.last_name = change.names(user.first_name, user.last_name)
    for name in _PLAIN & fields.keys():
        setattr(user, name, fields[name])
    if "role" in fields and (role is None or change.role != role.name):
        await _give_role(session, caller, user, role, change.role)
    if "status" in fields and change.status != user.status:
        await _set_status(session, caller, user, role, change.status)
    if "permissions" in fields:
        await _set_permissions(session, caller, user, change.permissions)
    authentication.forget()


async def _change_email(session: AsyncSession, caller: Caller, user: User, email: str) -> None:
    """Give a user another address; the old one is notified. Users change their own on the Profile page, with the password."""
    if email == user.email:
        return
    if user.id == caller.user_id:
        raise OneselfRefused("Change your own e-mail address on the Profile page: it asks for your password.")
    await email_change.check_email_free(session, email, user.id)
    await email_change.replace(session, user, email)


async def set_role(session: AsyncSession, caller: Caller, user_id: int, name: str) -> None:
    """Give a user another role; their own overrides go, as the role's set is copied to them (domain reference, 3.3)."""
    user, role = await within_reach(session, caller, user_id)
    await _give_role(session, caller, user, role, name)
    authentication.forget()


async def _give_role(session: AsyncSession, caller: Caller, user: User, old: Role | None, name: str) -> None:
    role = await role_named(session, name)
    _may_give(caller, role)
    if role.name not in catalogue.SPAN_CLIENTS:
        await _not_the_last_administrator(session, user, old)
    user.role_id = role.id
    user.granted_permissions, user.revoked_permissions = [], []


async def set_permissions(session: AsyncSession, caller: Caller, user_id: int, wanted: Sequence[str]) -> None:
    """Let a user hold exactly this set, as grants and revocations beside the role; an empty set means the role's."""
    user, _ = await within_reach(session, caller, user_id)
    await _set_permissions(session, caller, user, wanted)
    authentication.forget()


async def _set_permissions(session: AsyncSession, caller: Caller, user: User, wanted: Sequence[str]) -> None:
    if user.id == caller.user_id:
        raise OneselfRefused("You cannot change your own permissions. Ask another administrator.")
    role = await session.get_one(Role, user.role_id)
    _may_give(caller, role, wanted)
    user.granted_permissions, user.revoked_permissions = (
        catalogue.overrides(role.permissions, wanted) if wanted else ([], [])
    )


async def set_status(session: AsyncSession, caller: Caller, user_id: int, status: str) -> None:
    """Activate, deactivate or suspend a user. A user who is not active is signed out everywhere."""
    user, role = await within_reach(session, caller, user_id)
    await _set_status(session, caller, user, role, status)


async def _set_status(session: AsyncSession, caller: Caller, user: User, role: Role | None, status: str) -> None:
    if user.id == caller.user_id and status != "active":
        raise OneselfRefused("You cannot deactivate your own account.")
    if status != "active":
        await _not_the_last_administrator(session, user, role)
        await sign_in.revoke_all(session, user.id)
    else:
        user.failed_login_attempts, user.locked_until = 0, None
        await attempts.unlock(user.email)
    user.status = status
    authentication.forget()


async def delete(session: AsyncSession, caller: Caller, user_id: int) -> None:
    """Take a user out of service. What they did stays on record, so the account is deactivated, never erased."""
    if user_id == caller.user_id:
        raise OneselfRefused("You cannot delete your own account.")
    await set_status(session, caller, user_id, "inactive")


async def holders(session: AsyncSession, role_id: int) -> int:
    """How many users hold a role, of whatever client."""
    return await session.scalar(select(func.count()).select_from(User).where(User.role_id == role_id)) or 0
