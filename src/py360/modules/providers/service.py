"""Keeping accounts: save, switch, choose the default, test."""

import zlib
from dataclasses import dataclass, field, fields
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, egress, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed
from py360.kit.vendor import VendorError
from py360.modules.providers.accounts import (
    ProviderAccount,
    account,
    get,
    make_default,
    open_settings,
    seal_settings,
    settle_default,
)
from py360.modules.providers.catalog import merged, provider_type, usable_type
from py360.modules.providers.checks import check
from py360.modules.providers.errors import VendorNotAvailable
from py360.modules.providers.schemas import ProviderIn, ProviderLimits, ProviderTest
from py360.modules.providers.vendor_settings import VendorSettings

_VALUES: Final = (
    "name = %(name)s, channel = %(channel)s, type = %(type)s, is_active = %(active)s, config_encrypted = %(config)s,"
    " dlt_entity_id = %(dlt)s, daily_limit = %(day)s, monthly_limit = %(month)s, rate_limit = %(minute)s"
)


@dataclass(frozen=True, slots=True)
class Edition:
    """What people set of an account; sending moves the row's own time of change."""

    name: str
    channel: str
    type: str
    is_active: bool
    is_default: bool
    config_encrypted: str = field(repr=False)
    dlt_entity_id: str | None
    daily_limit: int | None
    monthly_limit: int | None
    rate_limit: int | None

    @property
    def version(self) -> int:
        """Its version on the wire."""
        return zlib.crc32(repr(tuple(getattr(self, each.name) for each in fields(Edition))).encode())


@dataclass(frozen=True, slots=True)
class _Saved(Edition):
    """An account that is about to change."""

    id: int
    client_id: int
    is_sandbox: bool


async def _lock(session: AsyncSession, caller: Caller, number: int) -> _Saved:
    """An account, locked. Raises NotFound outside the caller's clients."""
    row = await db.fetch_one(
        session,
        _Saved,
        "select id, client_id, is_sandbox, name, channel, type, is_active, is_default, config_encrypted, dlt_entity_id,"
        " daily_limit, monthly_limit, rate_limit from providers where id = %(id)s and client_id = any(%(clients)s) and channel <> 'mailbox' for update",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no sender account {number}.", code="provider_not_found")
    return row


async def _values(body: ProviderIn, before: VendorSettings | None) -> dict[str, str | bool | int | None]:
    kind, _ = usable_type(body.channel, body.type)
    settings = merged(kind, body.config, before)
    await refuse_inside(settings)
    limits = body.limits or ProviderLimits(
        daily_limit=kind.limits[0], monthly_limit=kind.limits[1], rate_limit=kind.limits[2]
    )
    return {
        "name": body.name,
        "channel": body.channel,
        "type": body.type,
        "active": body.is_active,
        "config": seal_settings(settings),
        "dlt": body.dlt_entity_id,
        "day": limits.daily_limit,
        "month": limits.monthly_limit,
        "minute": limits.rate_limit,
    }


async def refuse_inside(settings: VendorSettings) -> None:
    """Refuse hosts that are on this machine or in a private network. Raises Invalid (`address_not_allowed`)."""
    typed = {name: value for name, value in settings.addresses().items() if isinstance(value, str)}
    refused = {name: why for name, value in typed.items() if (why := await egress.refusal_of(value))}
    if refused:
        raise Invalid(
            next(iter(refused.values())),
            code="address_not_allowed",
            details=[{"field": f"config.{name}", "message": why} for name, why in refused.items()],
        )


async def _refuse_taken_name(session: AsyncSession, client_id: int, body: ProviderIn, number: int) -> None:
    taken = await db.fetch_one(
        session,
        int,
        "select 1 from providers where client_id = %(client)s and channel = %(channel)s and name = %(name)s and id <> %(id)s",
        {"client": client_id, "channel": body.channel, "name": body.name, "id": number},
    )
    if taken:
        raise Conflict(f"There is already a {body.channel} account called “{body.name}”.", code="name_taken")


async def create(session: AsyncSession, caller: Caller, body: ProviderIn) -> int:
    """Add an account. It takes its channel over from the sandbox when it is made the default, or once its test succeeds.

    Raises Conflict (a taken name, a vendor that is not available), Invalid.
    """
    values = {**await _values(body, None), "client": caller.client_id}
    await _refuse_taken_name(session, caller.client_id, body, 0)
    number = await db.fetch_only(
        session,
        int,
        "insert into providers (client_id, name, channel, type, is_active, config_encrypted, dlt_entity_id, daily_limit,"
        " monthly_limit, rate_limit) values (%(client)s, %(name)s, %(channel)s, %(type)s, %(active)s, %(config)s, %(dlt)s,"
        " %(day)s, %(month)s, %(minute)s) returning id",
        values,
    )
    if body.is_active and body.is_default:
        await make_default(session, caller.client_id, body.channel, number)
    await settle_default(session, caller.client_id, body.channel)
    return number


async def update(session: AsyncSession, caller: Caller, number: int, body: ProviderIn, version: int | None) -> None:
    """Save an account again. A sandbox account follows the sandbox and is not edited.

    Raises NotFound, Conflict, Invalid, and PreconditionFailed when `version` is no longer the account's.
    """
    saved = await _lock(session, caller, number)
    if version is not None and version != saved.version:
        raise PreconditionFailed
    if saved.is_sandbox:
        raise Conflict("The sandbox account keeps itself; switch it off or add a real account.", code="sandbox_account")
    await _refuse_taken_name(session, saved.client_id, body, number)
    same_vendor = (saved.channel, saved.type) == (body.channel, body.type)
    kind = provider_type(saved.channel, saved.type)
    before = open_settings(kind, saved.config_encrypted) if same_vendor else None
    values = await _values(body, before)
    after = open_settings(provider_type(body.channel, body.type), str(values["config"]))
    await db.execute(
        session,
        f"update providers set {_VALUES}, is_default = %(default)s,"
        " status = case when %(same)s then status else 'disconnected' end where id = %(id)s",
        {
            **values,
            "id": number,
            "default": saved.is_default and body.is_active and saved.channel == body.channel,
            "same": before is not None and before == after,
        },
    )
    if body.is_default and body.is_active:
        await make_default(session, saved.client_id, body.channel, number)
    for channel in sorted({saved.channel, body.channel}):
        await settle_default(session, saved.client_id, channel)


async def delete(session: AsyncSession, caller: Caller, number: int) -> None:
    """Remove an account; its messages stay in the ledger. Raises Conflict for the sandbox, and when payments came through it."""
    saved = await _lock(session, caller, number)
    if saved.is_sandbox:
        raise Conflict("The sandbox account cannot be deleted; switch it off instead.", code="sandbox_account")
    try:
        async with session.begin_nested():
            await db.execute(session, "delete from providers where id = %(id)s", {"id": number})
    except db.IN_USE as error:
        raise Conflict(
            f"Payments came through “{saved.name}” and may have to go back through it. Switch it off instead.",
            code="account_in_use",
        ) from error
    await settle_default(session, saved.client_id, saved.channel)


async def set_active(session: AsyncSession, caller: Caller, number: int, active: bool | None) -> bool:
    """Switch an account on or off (None: turn it round); what it is now. One that is off is nobody's default."""
    saved = await _lock(session, caller, number)
    wanted = (not saved.is_active) if active is None else active
    await db.execute(
        session,
        "update providers set is_active = %(active)s, is_default = is_default and %(active)s where id = %(id)s",
        {"id": number, "active": wanted},
    )
    await settle_default(session, saved.client_id, saved.channel)
    return wanted


async def set_default(session: AsyncSession, caller: Caller, number: int) -> None:
    """Make an active account its channel's default. Raises Conflict (`account_inactive`)."""
    saved = await _lock(session, caller, number)
    if not saved.is_active:
        raise Conflict("Switch the account on before making it the default.", code="account_inactive")
    await make_default(session, saved.client_id, saved.channel, number)
    await settle_default(session, saved.client_id, saved.channel)


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
            await settle_default(session, account.client_id, account.channel)
    return works, sentence


async def test_default(caller: Caller, channel: str) -> tuple[bool, str]:
    """Try the account that a channel uses now; whether it works, in one sentence. Raises Conflict when there is none."""
    async with db.unit_of_work() as session:
        used = await account(session, caller.client_id, channel)
    return await test(caller, ProviderTest.model_validate({"channel": channel, "providerId": used.id}))


async def _account_to_test(caller: Caller, body: ProviderTest) -> ProviderAccount:
    if body.provider_id is not None:
        async with db.unit_of_work() as session:
            saved = await _lock(session, caller, body.provider_id)
            found = await get(session, body.provider_id)
        if found is None:
            kind = provider_type(saved.channel, saved.type)
            if not kind.is_available:
                raise VendorNotAvailable(f"{kind.name} is not available yet. Choose another {saved.channel} vendor.")
            raise Invalid(f"The settings of “{saved.name}” are not complete. Enter them again.", code="provider_config")
        return found
    kind, _ = usable_type(body.channel, body.type or "")
    settings = merged(kind, body.config, None)
    await refuse_inside(settings)
    return ProviderAccount(0, caller.client_id, body.channel, kind.type, "test", False, settings)
