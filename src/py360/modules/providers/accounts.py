"""Sender accounts: which one a channel uses, and their secrets, sealed in the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db
from py360.kit.crypto import seal, unseal
from py360.kit.errors import Conflict

COLUMNS: Final = "id, client_id, channel, type, name, is_sandbox, config_encrypted, dlt_entity_id, daily_limit, monthly_limit, rate_limit"


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """A sender account at a vendor. `config` holds its secrets in the clear: never log or return it."""

    id: int
    client_id: int
    channel: str
    type: str
    name: str
    is_sandbox: bool
    config: Mapping[str, Any] = field(repr=False)
    dlt_entity_id: str | None = None
    daily_limit: int | None = None
    monthly_limit: int | None = None
    rate_limit: int | None = None  # messages per minute


# The default first; a sandbox account never stands in where a real one exists, active or not.
_CHOOSE: Final = f"""
select {COLUMNS}
from providers p
where client_id = %(client)s and channel = %(channel)s and is_active
  and not (is_sandbox and exists (
    select 1 from providers r where r.client_id = p.client_id and r.channel = p.channel and not r.is_sandbox))
order by is_default desc, id
"""


def seal_config(config: Mapping[str, Any]) -> str:
    """An account's settings as the database keeps them."""
    return seal(orjson.dumps(dict(config)).decode())


def open_config(sealed: str) -> dict[str, Any]:
    """What `seal_config` sealed. Raises ValueError under another installation's key."""
    config: dict[str, Any] = orjson.loads(unseal(sealed))
    return config


def to_account(row: db.Row) -> ProviderAccount:
    """A row of `providers` as an account, its secrets opened."""
    return ProviderAccount(
        id=row["id"],
        client_id=row["client_id"],
        channel=row["channel"],
        type=row["type"],
        name=row["name"],
        is_sandbox=row["is_sandbox"],
        config=open_config(row["config_encrypted"]),
        dlt_entity_id=row["dlt_entity_id"],
        daily_limit=row["daily_limit"],
        monthly_limit=row["monthly_limit"],
        rate_limit=row["rate_limit"],
    )


async def account(
    session: AsyncSession, client_id: int, channel: str, provider_id: int | None = None
) -> ProviderAccount:
    """The account to use: the named one, else the channel's default, else its oldest active one.

    Raises Conflict: `no_account` without any active one, `account_inactive` when the named one is not usable.
    """
    rows = await db.all(session, _CHOOSE, {"client": client_id, "channel": channel})
    if provider_id is not None:
        rows = [row for row in rows if row["id"] == provider_id]
        if not rows:
            raise Conflict(
                f"The {channel} account {provider_id} cannot be used: it does not exist, is switched off,"
                " or is a sandbox account beside a real one.",
                code="account_inactive",
            )
    if not rows:
        raise Conflict(
            f"There is no active sender account for {channel}. Add one under Settings, Providers.", code="no_account"
        )
    return to_account(rows[0])


async def accounts_of_type(session: AsyncSession, type: str) -> list[ProviderAccount]:
    """Every account of a vendor, to verify its webhooks with; news of an account that was switched off still counts."""
    rows = await db.all(session, f"select {COLUMNS} from providers where type = %(type)s", {"type": type})
    return [to_account(row) for row in rows]


async def mark_used(session: AsyncSession, account_id: int, now: datetime) -> None:
    """Note that an account's vendor took something, at most once a minute."""
    await db.execute(
        session,
        "update providers set last_used = %(now)s, status = 'connected' where id = %(id)s"
        " and (last_used is null or last_used < %(now)s - interval '1 minute')",
        {"now": now, "id": account_id},
    )


async def reseal(session: AsyncSession) -> int:
    """Seal every account's settings with the newest key; how many. Raises ValueError when one cannot be opened."""
    rows = await db.all(session, "select id, config_encrypted from providers order by id for update")
    for row in rows:
        values = {"id": row["id"], "config": crypto.reseal(row["config_encrypted"])}
        await db.execute(session, "update providers set config_encrypted = %(config)s where id = %(id)s", values)
    return len(rows)
