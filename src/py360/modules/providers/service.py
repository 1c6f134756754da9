"""Keeping sender accounts: save, switch, choose the default, test."""

import zlib
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, NotFound, PreconditionFailed
from py360.kit.vendor import VendorError
from py360.modules.providers.accounts import COLUMNS, ProviderAccount, open_config, seal_config, to_account
from py360.modules.providers.catalog import merged, provider_type
from py360.modules.providers.checks import check
from py360.modules.providers.errors import VendorNotAvailable
from py360.modules.providers.schemas import ProviderIn, ProviderLimits, ProviderTest

_SAVE: Final = (
    "name = %(name)s, channel = %(channel)s, type = %(type)s, is_active = %(active)s, config_encrypted = %(config)s,"
    " dlt_entity_id = %(dlt)s, daily_limit = %(day)s, monthly_limit = %(month)s, rate_limit = %(minute)s"
)


LIMITS: Final = ("daily_limit", "monthly_limit", "rate_limit")


async def load(session: AsyncSession, caller: Caller, number: int) -> db.Row:
    """An account's row. Raises NotFound outside the caller's clients."""
    row = await db.one(
        session,
        f"select {COLUMNS}, is_active, is_default from providers where id = %(id)s and client_id = any(%(clients)s) for update",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no sender account {number}.", code="provider_not_found")
    return row


def _values(body: ProviderIn, before: Mapping[str, Any]) -> dict[str, Any]:
    kind = provider_type(body.channel, body.type)
    limits = body.limits or ProviderLimits(
        daily_limit=kind.limits[0], monthly_limit=kind.limits[1], rate_limit=kind.limits[2]
    )
    return {
        "name": body.name,
        "channel": body.channel,
        "type": body.type,
        "active": body.is_active,
        "config": seal_config(merged(kind, body.config, before)),
        "dlt": body.dlt_entity_id,
        "day": limits.daily_limit,
        "month": limits.monthly_limit,
        "minute": limits.rate_limit,
    }


async def _refuse_taken_name(session: AsyncSession, client_id: int, body: ProviderIn, number: int) -> None:
    taken = await db.value(
        session,
        "select 1 from providers where client_id = %(client)s and channel = %(channel)s and name = %(name)s and id <> %(id)s",
        {"client": client_id, "channel": body.channel, "name": body.name, "id": number},
    )
    if taken:
        raise Conflict(f"There is already a {body.channel} account called “{body.name}”.", code="name_taken")


async def create(session: AsyncSession, caller: Caller, body: ProviderIn) -> int:
    """Add an account; the first real one of a channel becomes its default in place of the sandbox."""
    await _refuse_taken_name(session, caller.client_id, body, 0)
    values = {**_values(body, {}), "client": caller.client_id}
    number: int = await db.value(
        session,
        "insert into providers (client_id, name, channel, type, is_active, config_encrypted, dlt_entity_id, daily_limit,"
        " monthly_limit, rate_limit) values (%(client)s, %(name)s, %(channel)s, %(type)s, %(active)s, %(config)s, %(dlt)s,"
        " %(day)s, %(month)s, %(minute)s) returning id",
        values,
    )
    has_real_default = await db.value(
        session,
        "select 1 from providers where client_id = %(client)s and channel = %(channel)s and is_default and not is_sandbox",
        values,
    )
    if body.is_active and (body.is_default or not has_real_default):
        await _make_default(session, caller.client_id, body.channel, number)
    return number


def edition(row: Mapping[str, Any]) -> int:
    """The version of what people set of an account; sending moves the row's own time of change."""
    names = ("name", "channel", "type", "is_active", "is_default", "config_encrypted", "dlt_entity_id", *LIMITS)
    return zlib.crc32(repr([row[name] for name in names]).encode())


async def update(session: AsyncSession, caller: Caller, number: int, body: ProviderIn, version: int | None) -> None:
    """Save an account again. A sandbox account follows the sandbox and is not edited.

    Raises NotFound, Conflict, Invalid, and PreconditionFailed when `version` is no longer the account's.
    """
    row = await load(session, caller, number)
    if version is not None and version != edition(row):
        raise PreconditionFailed
    if row["is_sandbox"]:
        raise Conflict("The sandbox account keeps itself; switch it off or add a real account.", code="sandbox_account")
    await _refuse_taken_name(session, row["client_id"], body, number)
    same_vendor = (row["channel"], row["type"]) == (body.channel, body.type)
    before = open_config(row["config_encrypted"]) if same_vendor else {}
    keep_default = row["is_default"] and body.is_active and row["channel"] == body.channel
    await db.execute(
        session,
        f"update providers set {_SAVE}, is_default = %(default)s where id = %(id)s",
        {**_values(body, before), "id": number, "default": keep_default},
    )
    if body.is_default and body.is_active:
        await _make_default(session, row["client_id"], body.channel, number)


async def delete(session: AsyncSession, caller: Caller, number: int) -> None:
    """Remove an account; its messages stay in the ledger. Raises Conflict for the sandbox, and when payments came through it."""
    row = await load(session, caller, number)
    if row["is_sandbox"]:
        raise Conflict("The sandbox account cannot be deleted; switch it off instead.", code="sandbox_account")
    try:
        async with session.begin_nested():
            await db.execute(session, "delete from providers where id = %(id)s", {"id": number})
    except db.IN_USE as error:
        raise Conflict(
            f"Payments came through “{row['name']}” and may have to go back through it. Switch it off instead.",
            code="account_in_use",
        ) from error


async def set_active(session: AsyncSession, caller: Caller, number: int, active: bool | None) -> bool:
    """Switch an account on or off (None: turn it round); what it is now. One that is off is nobody's default."""
    row = await load(session, caller, number)
    wanted = (not row["is_active"]) if active is None else active
    await db.execute(
        session,
        "update providers set is_active = %(active)s, is_default = is_default and %(active)s where id = %(id)s",
        {"id": number, "active": wanted},
    )
    return wanted


async def set_default(session: AsyncSession, caller: Caller, number: int) -> None:
    """Make an active account its channel's default. Raises Conflict (`account_inactive`)."""
    row = await load(session, caller, number)
    if not row["is_active"]:
        raise Conflict("Switch the account on before making it the default.", code="account_inactive")
    await _make_default(session, row["client_id"], row["channel"], number)


async def _make_default(session: AsyncSession, client_id: int, channel: str, number: int) -> None:
    values = {"client": client_id, "channel": channel, "id": number}
    await db.execute(
        session,
        "update providers set is_default = false where client_id = %(client)s and channel = %(channel)s and is_default"
        " and id <> %(id)s",
        values,
    )
    await db.execute(session, "update providers set is_default = true where id = %(id)s", values)


async def test(caller: Caller, body: ProviderTest) -> tuple[bool, str]:
    """Try an account, saved or not: whether it works, in one sentence. The outcome of a saved one is kept."""
    account = await _account_to_test(caller, body)
    try:
        works, sentence = True, await check(account)
    except (VendorError, VendorNotAvailable) as error:
        works, sentence = False, str(error)
    except (OSError, TimeoutError) as error:
        works, sentence = False, f"The vendor cannot be reached: {error or type(error).__name__}"
    if account.id:
        async with db.unit_of_work() as session:
            await db.execute(
                session,
                "update providers set status = %(status)s, last_tested = %(now)s where id = %(id)s",
                {"id": account.id, "status": "connected" if works else "error", "now": resources.current().clock.now()},
            )
    return works, sentence


async def _account_to_test(caller: Caller, body: ProviderTest) -> ProviderAccount:
    if body.provider_id is not None:
        async with db.unit_of_work() as session:
            row = await load(session, caller, body.provider_id)
        return to_account(row)
    kind = provider_type(body.channel, body.type or "")
    return ProviderAccount(
        id=0,
        client_id=caller.client_id,
        channel=body.channel,
        type=kind.type,
        name="test",
        is_sandbox=False,
        config=merged(kind, body.config, {}),
    )
