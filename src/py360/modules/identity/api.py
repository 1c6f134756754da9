"""What other modules and the entry points may call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.errors import Invalid, NotFound
from py360.modules.identity import authentication, catalogue
from py360.modules.identity.letters import Letters
from py360.modules.identity.letters import use as use_letters
from py360.modules.identity.models import User, split_name
from py360.modules.identity.office_settings import use as use_office_settings
from py360.modules.identity.service import accounts, clients, credentials, profile, roles, second_factor

__all__ = [
    "LANGUAGES",
    "LANGUAGE_CODES",
    "Letters",
    "Person",
    "authenticate",
    "caller_of_session",
    "caller_of_user",
    "callers_of_sessions",
    "change_general_settings",
    "client_numbers",
    "create_user",
    "default_client",
    "ensure_first_admin",
    "find_agents",
    "first_admin",
    "forget_callers",
    "general_settings",
    "holders_of",
    "people",
    "reseal",
    "seed",
    "set_password",
    "use_letters",
    "use_office_settings",
    "user_names",
]

LANGUAGES: Final = catalogue.LANGUAGES
LANGUAGE_CODES: Final = catalogue.LANGUAGE_CODES
authenticate = authentication.authenticate
caller_of_session = authentication.caller_of_session
caller_of_user = authentication.caller_of_user
callers_of_sessions = authentication.callers_of_sessions
general_settings = profile.settings
reseal = second_factor.reseal
change_general_settings = profile.change_settings
forget_callers = authentication.forget  # after changing anything that decides what people reach


@dataclass(frozen=True, slots=True)
class Person:
    """A user as other modules see one."""

    id: int
    name: str
    email: str
    role: str
    status: str
    client_id: int


@dataclass(frozen=True, slots=True)
class _Match:
    """The user that a text of a file names."""

    text: str
    id: int


@dataclass(frozen=True, slots=True)
class _Holder:
    """A user and what decides about their permissions."""

    id: int
    granted_permissions: list[str]
    revoked_permissions: list[str]
    permissions: list[str]


_PERSON: Final = """
    select u.id, u.name, u.email, u.role, u.status, u.client_id from identity_public_users u
"""


async def seed(session: AsyncSession) -> None:
    """Make sure the preset roles and a first client exist; run after the migrations, as often as one likes."""
    await roles.seed(session)
    await clients.seed(session)


async def create_user(
    session: AsyncSession,
    *,
    client_id: int,
    email: str,
    name: str,
    role: str,
    password: str,
    require_password_change: bool = False,
) -> int:
    """Make an active account without a letter; its id. Checked like the API's. Raises Conflict when the e-mail is taken."""
    first, last = split_name(name)
    user = await accounts.create(
        session,
        client_id,
        accounts.NewUser(
            email=email,
            first_name=first,
            last_name=last,
            role=role,
            password=password,
            require_password_change=require_password_change,
            send_welcome_email=False,
        ),
    )
    return user.id


async def default_client(session: AsyncSession) -> int:
    """The oldest client of the installation."""
    return await db.fetch_only(session, int, "select min(id) from clients")


async def client_number(session: AsyncSession, code: str) -> int:
    """The client of a code, or the only client when the code is empty; raises NotFound or Invalid, naming the codes there are."""
    codes = await db.fetch_all(session, str, "select client_code from clients order by id")
    if not code and len(codes) > 1:
        raise Invalid(f"There are several clients; name one with --client: {', '.join(codes)}.", code="client_needed")
    found = await db.fetch_one(
        session, int, "select id from clients where lower(client_code) = %(code)s", {"code": (code or codes[0]).lower()}
    )
    if found is None:
        raise NotFound(f"There is no client {code}. There are: {', '.join(codes)}.", code="client_not_found")
    return found


async def client_numbers(session: AsyncSession) -> list[int]:
    """Every client of the installation, the oldest first."""
    return await db.fetch_all(session, int, "select id from clients order by id")


async def first_admin(session: AsyncSession) -> str | None:
    """The login of the oldest administrator, one who may sign in before all others."""
    sql = (
        "select u.email from users u join roles r on r.id = u.role_id where r.name = any(%(names)s)"
        " order by u.status <> 'active', u.id limit 1"
    )
    return await db.fetch_one(session, str, sql, {"names": sorted(catalogue.SPAN_CLIENTS)})


async def ensure_first_admin(session: AsyncSession, email: str, password: str) -> bool:
    """Make the first administrator unless an administrator exists; whether one was made.

    Raises ValueError when the address or the password that the operator has set will not do.
    """
    if await first_admin(session) is not None:
        return False
    client_id = await default_client(session)
    try:
        await create_user(
            session, client_id=client_id, email=email, name="First Administrator", role="admin", password=password
        )
    except Invalid as refused:
        raise ValueError(
            f"PY360_ADMIN_EMAIL or PY360_ADMIN_PASSWORD cannot be used. {refused.message} Change it and start again."
        ) from refused
    return True


async def set_password(session: AsyncSession, email: str, password: str) -> bool:
    """Replace a password, for the operator at the command line; whether there is such a user. The second factor is switched
    off: the app may be lost with the password. Raises Invalid."""
    user = await session.scalar(select(User).where(User.email == email.strip().lower()).with_for_update(key_share=True))
    if user is None:
        return False
    await credentials.replace(session, user, password)
    user.mfa_enabled, user.mfa_secret = False, None
    return True


async def people(session: AsyncSession, ids: Sequence[int]) -> dict[int, Person]:
    """Users by id; unknown ids are missing from the answer."""
    found = await db.fetch_all(session, Person, f"{_PERSON} where u.id = any(%(ids)s)", {"ids": list(ids)})
    return {person.id: person for person in found}


async def user_names(session: AsyncSession, ids: Sequence[int]) -> dict[int, str]:
    """Full names by id."""
    return {key: person.name for key, person in (await people(session, ids)).items()}


async def find_agents(session: AsyncSession, client_id: int, texts: Sequence[str]) -> dict[str, int]:
    """The active users that the texts of a file name: by id, e-mail or full name, whatever their case.

    A name that fits several users fits none, and read-only users get no cases. The answer has the texts that were
    found, as they were given.
    """
    found = await db.fetch_all(
        session,
        _Match,
        """
        with wanted as (select distinct t as text, lower(regexp_replace(trim(t), '\\s+', ' ', 'g')) as key
                        from unnest(%(texts)s::text[]) t)
        select w.text, min(u.id) as id
        from wanted w
        join users u on u.status = 'active' and u.client_id = %(client)s
         and u.role_id not in (select id from roles where name = any(%(readers)s))
         and (u.email = w.key or u.id::text = w.key or lower(trim(u.first_name || ' ' || u.last_name)) = w.key)
        group by w.text having count(*) = 1
        """,
        {"texts": list(texts), "client": client_id, "readers": sorted(catalogue.READ_ONLY_ROLES)},
    )
    return {match.text: match.id for match in found}


async def holders_of(session: AsyncSession, client_id: int, *permissions: str) -> list[int]:
    """The active users of a client who may do any of these, to be notified."""
    users = await db.fetch_all(
        session,
        _Holder,
        "select u.id, u.granted_permissions, u.revoked_permissions, coalesce(r.permissions, '[]') as permissions"
        " from users u left join roles r on r.id = u.role_id where u.status = 'active' and u.client_id = %(client)s",
        {"client": client_id},
    )
    wanted = set(permissions)
    return [
        user.id
        for user in users
        if wanted & catalogue.permitted(user.permissions, user.granted_permissions, user.revoked_permissions)
    ]
