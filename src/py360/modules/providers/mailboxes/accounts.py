"""Accounts of mailboxes: their sealed settings are kept here, as every vendor account's; the module inbox has their form."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.errors import Conflict
from py360.modules.providers.accounts import ProviderAccount, get, seal_settings
from py360.modules.providers.catalog import MAILBOX, MASK, merged, usable_type
from py360.modules.providers.service import refuse_inside

_INSERT = """
insert into providers (client_id, name, channel, type, config_encrypted, daily_limit, monthly_limit, rate_limit)
values (%(client)s, %(name)s, 'mailbox', %(type)s, %(config)s, %(day)s, %(month)s, %(minute)s) returning id
"""


async def save_mailbox(
    session: AsyncSession,
    client_id: int,
    type: str,
    name: str,
    values: Mapping[str, str | int | bool | None],
    provider_id: int | None = None,
) -> ProviderAccount:
    """Add a mailbox's account, or save it again: a masked or missing secret keeps its value.

    Raises Invalid (a setting is missing or wrong, an address inside), Conflict (`mailbox_taken`).
    """
    kind, _ = usable_type(MAILBOX, type)
    before = await get(session, provider_id) if provider_id is not None else None
    changes_secret = any(
        values.get(name) not in (None, "", MASK) for name in ("password", "accessToken", "refreshToken")
    )
    settings = merged(kind, values, None if changes_secret else before.settings if before else None)
    await refuse_inside(settings)
    params = {
        "client": client_id,
        "name": name,
        "type": type,
        "config": seal_settings(settings),
        "day": kind.limits[0],
        "month": kind.limits[1],
        "minute": kind.limits[2],
        "id": provider_id,
    }
    taken = await db.fetch_one(
        session,
        int,
        "select id from providers where client_id = %(client)s and channel = 'mailbox' and name = %(name)s"
        " and id is distinct from %(id)s::bigint",
        params,
    )
    if taken is not None:
        raise Conflict(f"The mailbox {name} is connected already.", code="mailbox_taken")
    if provider_id is None:
        provider_id = await db.fetch_only(session, int, _INSERT, params)
    else:
        await db.execute(
            session,
            "update providers set name = %(name)s, type = %(type)s, config_encrypted = %(config)s where id = %(id)s",
            params,
        )
    return ProviderAccount(
        provider_id, client_id, MAILBOX, type, name, False, settings, None, kind.limits[0], kind.limits[1], kind.limits[2]
    )  # fmt: skip


async def unsaved_mailbox(
    client_id: int, type: str, name: str, values: Mapping[str, str | int | bool | None]
) -> ProviderAccount:
    """A mailbox's account that is only to be tested. Raises Invalid."""
    kind, _ = usable_type(MAILBOX, type)
    settings = merged(kind, values, None)
    await refuse_inside(settings)
    return ProviderAccount(0, client_id, MAILBOX, type, name, False, settings)


async def delete_mailbox(session: AsyncSession, provider_id: int) -> None:
    """Remove a mailbox's account; what was sent through it stays in the ledger."""
    await db.execute(session, "delete from providers where id = %(id)s and channel = 'mailbox'", {"id": provider_id})


async def note_test(session: AsyncSession, provider_id: int, works: bool) -> None:
    """Keep how a test or a synchronisation of a mailbox ended."""
    await db.execute(
        session,
        "update providers set status = %(status)s, last_tested = %(now)s where id = %(id)s",
        {"id": provider_id, "status": "connected" if works else "error", "now": resources.current().clock.now()},
    )
