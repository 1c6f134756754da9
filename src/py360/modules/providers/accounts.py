"""Accounts at vendors: which one a channel uses, and their settings, sealed in the database. Nobody else reads the table."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db, resources, sql
from py360.kit.crypto import seal, unseal
from py360.kit.errors import Conflict
from py360.modules.providers.catalog import ProviderType, opened, provider_type, stored
from py360.modules.providers.vendor_settings import VendorSettings

Settings = TypeVar("Settings", bound=VendorSettings)
_Model = type[Settings]
REMEMBER_SECONDS: Final = 10.0
REFRESH_SECONDS: Final = 1.0
_COLUMNS: Final = (
    "p.id, p.client_id, p.channel, p.type, p.name, p.is_sandbox, p.config_encrypted, p.dlt_entity_id, p.daily_limit,"
    " p.monthly_limit, p.rate_limit"
)
# What stands in for it: `is_blocked` of a sandbox account says that a real one of its channel is in use.
_CANDIDATES: Final = sql.read(__file__, "candidates")
_IN_ORDER: Final = "order by p.is_default desc, p.is_proven desc, p.is_sandbox desc, p.id"


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """An account at a vendor. `settings` holds its secrets, which print as stars."""

    id: int
    client_id: int
    channel: str
    type: str
    name: str
    is_sandbox: bool
    settings: VendorSettings
    dlt_entity_id: str | None = None
    daily_limit: int | None = None
    monthly_limit: int | None = None
    rate_limit: int | None = None  # messages per minute

    def expect(self, kind: _Model[Settings]) -> Settings:
        """The settings, as its vendor's adapter takes them. Raises TypeError for another vendor's."""
        if not isinstance(self.settings, kind):
            raise TypeError(f"account {self.id} has {type(self.settings).__name__}, not {kind.__name__}")
        return self.settings


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as the table holds it."""

    id: int
    client_id: int
    channel: str
    type: str
    name: str
    is_sandbox: bool
    config_encrypted: str = field(repr=False)
    dlt_entity_id: str | None
    daily_limit: int | None
    monthly_limit: int | None
    rate_limit: int | None


def seal_settings(settings: VendorSettings) -> str:
    """An account's settings as the database keeps them."""
    return seal(orjson.dumps(stored(settings), default=str).decode())


def open_settings(kind: ProviderType, sealed: str) -> VendorSettings | None:
    """What `seal_settings` sealed; None when it no longer fits the form. Raises ValueError under another installation's key."""
    values: Mapping[str, Any] = orjson.loads(unseal(sealed))
    return opened(kind, values)


def to_account(row: AccountRow) -> ProviderAccount | None:
    """An account with its settings opened; None when they have to be entered again."""
    settings = open_settings(provider_type(row.channel, row.type), row.config_encrypted)
    if settings is None:
        return None
    return ProviderAccount(
        row.id, row.client_id, row.channel, row.type, row.name, row.is_sandbox, settings, row.dlt_entity_id,
        row.daily_limit, row.monthly_limit, row.rate_limit,
    )  # fmt: skip


async def account(
    session: AsyncSession, client_id: int, channel: str, provider_id: int | None = None
) -> ProviderAccount:
    """The account to use: the named one, else the channel's default, else the next in order that can be used.

    An account that is switched off, or whose settings have to be entered again, is in nobody's way. Raises Conflict:
    `no_account` without any that can be used, `account_inactive` when the named one cannot be.
    """
    rows = await db.fetch_all(
        session,
        AccountRow,
        f"select {_COLUMNS} from ({_CANDIDATES}) p where not p.is_blocked {_IN_ORDER}",
        {"client": client_id, "channel": channel},
    )
    if provider_id is not None:
        rows = [row for row in rows if row.id == provider_id]
        if not rows:
            raise Conflict(
                f"The {channel} account {provider_id} cannot be used: it does not exist, is switched off,"
                " or is a sandbox account beside a real one.",
                code="account_inactive",
            )
    for row in rows:
        if (found := to_account(row)) is not None:
            return found
    raise Conflict(
        f"There is no active sender account for {channel}. Add one under Settings, Providers.", code="no_account"
    )


async def get(session: AsyncSession, provider_id: int) -> ProviderAccount | None:
    """An account by its number, active or not; None when it is gone or its settings have to be entered again."""
    row = await db.fetch_one(
        session, AccountRow, f"select {_COLUMNS} from providers p where p.id = %(id)s", {"id": provider_id}
    )
    return to_account(row) if row else None


@dataclass(frozen=True, slots=True)
class _Known:
    of: resources.Resources
    at: float
    accounts: Sequence[ProviderAccount]


_known: dict[str, _Known] = {}


async def accounts_of_type(type: str, max_age: float = REMEMBER_SECONDS) -> Sequence[ProviderAccount]:
    """Every account of a vendor, to verify and route its events with; an event of one that was switched off still counts.

    Remembered for `max_age` seconds: vendors call thousands of times a minute, and opening sealed settings is slow.
    """
    now, here = time.monotonic(), resources.current()
    known = _known.get(type)
    if known is None or known.of is not here or now - known.at > max_age:
        async with db.unit_of_work() as session:
            rows = await db.fetch_all(
                session,
                AccountRow,
                f"select {_COLUMNS} from providers p where p.type = %(type)s order by p.id",
                {"type": type},
            )
        accounts = [found for row in rows if (found := to_account(row)) is not None]
        known = _known[type] = _Known(here, now, accounts)
    return known.accounts


async def mark_used(session: AsyncSession, account_id: int, now: datetime) -> None:
    """Note that an account's vendor took something, at most once a minute."""
    used = await db.fetch_one(
        session,
        _Used,
        "update providers p set last_used = %(now)s, status = 'connected' from providers b where p.id = %(id)s and b.id = p.id"
        " and (p.last_used is null or p.last_used < %(now)s - interval '1 minute')"
        " returning p.client_id, p.channel, b.last_used is null as is_first",
        {"now": now, "id": account_id},
    )
    if used is not None and used.is_first:
        await settle_default(session, used.client_id, used.channel)


@dataclass(frozen=True, slots=True)
class _Used:
    client_id: int
    channel: str
    is_first: bool


async def settle_default(session: AsyncSession, client_id: int, channel: str) -> None:
    """Mark the account that a channel uses as its default, and no other: the list then shows what is used."""
    asked = {"client": client_id, "channel": channel}
    first = await db.fetch_one(
        session, int, f"select p.id from ({_CANDIDATES}) p where not p.is_blocked {_IN_ORDER} limit 1", asked
    )
    await make_default(session, client_id, channel, first)


async def make_default(session: AsyncSession, client_id: int, channel: str, number: int | None) -> None:
    """Mark this account, or none, as its channel's default."""
    values = {"client": client_id, "channel": channel, "id": number}
    await db.execute(
        session,
        "update providers set is_default = false where client_id = %(client)s and channel = %(channel)s and is_default"
        " and id is distinct from %(id)s::bigint",
        values,
    )
    await db.execute(session, "update providers set is_default = true where id = %(id)s and not is_default", values)


@dataclass(frozen=True, slots=True)
class _Sealed:
    id: int
    config_encrypted: str = field(repr=False)


async def reseal(session: AsyncSession) -> int:
    """Seal every account's settings with the newest key; how many. Raises ValueError when one cannot be opened."""
    rows = await db.fetch_all(session, _Sealed, "select id, config_encrypted from providers order by id for update")
    for row in rows:
        values = {"id": row.id, "config": crypto.reseal(row.config_encrypted)}
        await db.execute(session, "update providers set config_encrypted = %(config)s where id = %(id)s", values)
    return len(rows)
