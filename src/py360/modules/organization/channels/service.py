"""Adding, changing and deleting channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem
from py360.modules.identity import api as identity
from py360.modules.organization.channels.schemas import ChannelChange, ChannelIn
from py360.modules.organization.channels.views import BulkFailureView
from py360.modules.organization.service import managers_only

_COLUMNS: Final = (
    "name", "type", "status", "description", "target_audience", "cost_per_lead", "manager_id", "budget", "settings",
)  # fmt: skip
_STATUS_OF: Final = {"activate": "active", "deactivate": "inactive", "maintenance": "maintenance"}
_LOCK: Final = """
select id, client_id, name, version from channels where id = %(id)s and client_id = any(%(clients)s) for update
"""
_OPEN: Final = """
select count(*) from cases_public_outcome k where k.client_id = %(client)s and k.channel = %(name)s and k.is_open
"""
_TAKEN: Final = """
select 1 from channels where client_id = %(client)s and lower(name) = lower(%(name)s) and id <> %(but)s
"""


@dataclass(frozen=True, slots=True)
class LockedChannel:
    """A channel that is changed."""

    id: int
    client_id: int
    name: str
    version: int


async def lock(session: AsyncSession, caller: Caller, text: str | int) -> LockedChannel:
    """Lock a channel of the caller's clients; raises Forbidden and NotFound."""
    managers_only(caller)
    number = ids.number("channel", text)
    channel = await db.fetch_one(session, LockedChannel, _LOCK, {"id": number, "clients": list(caller.client_ids)})
    if channel is None:
        raise NotFound(f"There is no channel {str(text)[:60]} within your reach.", code="channel_not_found")
    return channel


async def add(session: AsyncSession, caller: Caller, body: ChannelIn) -> int:
    """Add a channel to the caller's client; its number. Raises Forbidden, Conflict (the name) and Invalid (the manager)."""
    managers_only(caller)
    values: dict[str, object] = {name: getattr(body, name) for name in _COLUMNS} | {
        "settings": Jsonb(body.settings.model_dump(by_alias=True))
    }
    await _check(session, caller.client_id, values)
    names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    sql = f"insert into channels (client_id, {names}) values (%(client)s, {places}) returning id"
    return await db.fetch_only(session, int, sql, {**values, "client": caller.client_id})


async def change(
    session: AsyncSession, caller: Caller, text: str, body: ChannelChange, if_match: int | None
) -> LockedChannel:
    """Change the given fields. Raises PreconditionFailed, and Conflict: another has the name, or open cases use the old one."""
    channel = await lock(session, caller, text)
    if if_match is not None and if_match != channel.version:
        raise PreconditionFailed(headers={"ETag": f'"{channel.version}"'})
    values: dict[str, object] = {name: getattr(body, name) for name in _COLUMNS if name in body.model_fields_set}
    if "settings" in values:
        values["settings"] = Jsonb(body.settings.model_dump(by_alias=True))
    await _check(session, channel.client_id, values, channel)
    if values:
        sets = ", ".join(f"{name} = %({name})s" for name in values)
        sql = f"update channels set {sets}, version = version + 1 where id = %(id)s"
        await db.execute(session, sql, {**values, "id": channel.id})
    return channel


async def delete(session: AsyncSession, caller: Caller, text: str | int) -> LockedChannel:
    """Delete a channel; raises Conflict while it has open cases."""
    channel = await lock(session, caller, text)
    await _refuse_in_use(session, channel, "delete it")
    await db.execute(session, "delete from channels where id = %(id)s", {"id": channel.id})
    return channel


async def apply(
    session: AsyncSession, caller: Caller, action: str, codes: Sequence[str | int]
) -> tuple[list[str], list[BulkFailureView]]:
    """One action on several channels: those it was done to, and why not to the others. Raises Forbidden."""
    managers_only(caller)
    done: list[str] = []
    failures: list[BulkFailureView] = []
    for code in dict.fromkeys(codes):
        try:
            if action == "delete":
                channel = await delete(session, caller, code)
            else:
                channel = await lock(session, caller, code)
                sql = "update channels set status = %(status)s, version = version + 1 where id = %(id)s"
                await db.execute(session, sql, {"status": _STATUS_OF[action], "id": channel.id})
            done.append(ids.code("channel", channel.id))
        except Problem as problem:
            failures.append({"id": str(code), "code": problem.code, "message": problem.message})
    return done, failures


async def _check(
    session: AsyncSession, client_id: int, values: Mapping[str, object], before: LockedChannel | None = None
) -> None:
    """Raise Conflict for a name that is taken or still used, Invalid for a manager of another client."""
    if name := values.get("name"):
        params = {"client": client_id, "name": name, "but": before.id if before else 0}
        if await db.fetch_one(session, int, _TAKEN, params):
            raise Conflict(f"Another channel is called {name}. Choose another name.", code="channel_name_taken")
        if before is not None and name != before.name:
            await _refuse_in_use(session, before, "rename it")
    manager_id = values.get("manager_id")
    if isinstance(manager_id, int):
        person = (await identity.people(session, [manager_id])).get(manager_id)
        if person is None or person.client_id != client_id:
            raise Invalid(
                "There is no such user to be the manager.", details=[{"field": "managerId", "message": "unknown user"}]
            )


async def _refuse_in_use(session: AsyncSession, channel: LockedChannel, what: str) -> None:
    count = await db.fetch_only(session, int, _OPEN, {"client": channel.client_id, "name": channel.name})
    if count:
        raise Conflict(
            f"{count} open cases use {channel.name}. Close them or give them another channel before you {what}.",
            code="channel_in_use",
        )
