"""Webhooks in: verified on the raw body, stored once, applied once by a job (house law 4)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import batches, db, resources
from py360.kit.crypto import digest
from py360.kit.db import unit_of_work
from py360.kit.errors import BadRequest, Unauthenticated
from py360.kit.gathering import Gathering
from py360.kit.jobs import defer
from py360.kit.reads import Reads
from py360.modules.payments import gateways
from py360.modules.payments.applying import apply
from py360.modules.payments.vendors.base import Facts
from py360.modules.providers import api as providers

log = structlog.get_logger()
BATCH: Final = 500

_STORE: Final = """
insert into webhook_inbox (vendor, provider_id, event_id, payload)
select * from unnest(%(vendors)s::text[], %(accounts)s::bigint[], %(events)s::text[], %(payloads)s::jsonb[])
on conflict (vendor, event_id) do nothing returning vendor, event_id
"""
_Row = tuple[str, int, str, str]  # vendor, account, event id, payload
_WAITING: Final = """
select id from webhook_inbox where applied_at is null and vendor = any(%(vendors)s) and provider_id is not null
order by id limit %(limit)s
"""
_CLAIM: Final = """
select id, vendor, provider_id, payload from webhook_inbox where id = any(%(ids)s) and applied_at is null
order by id for update
"""
_DONE: Final = """
update webhook_inbox w set applied_at = %(now)s, error = d.error
from unnest(%(ids)s::bigint[], %(errors)s::text[]) as d (id, error) where w.id = d.id
"""
_FORGET: Final = "delete from webhook_inbox where vendor = any(%(vendors)s) and applied_at < %(before)s"
KEEP: Final = timedelta(days=30)
APPLY_LOCK: Final = "payments.apply_webhooks"


class BadSignature(Unauthenticated):
    """The signature does not fit this body. Check the webhook secret of the gateway account."""

    default_code = "bad_signature"


async def receive(reads: Reads, vendor: str, body: bytes, signature: str, event_id: str | None) -> bool:
    """Store a webhook that one of our accounts signed, and have it applied; whether it is new. It is committed when this
    returns, with those that arrive at the same time. Raises BadSignature, BadRequest.

    Without an event id, the body itself tells one event from another.
    """
    gateway = gateways.GATEWAYS[vendor]
    account = next(
        (one for one in await providers.accounts_of_type(vendor) if gateway.signed(one, body, signature)), None
    )
    if account is None:
        raise BadSignature
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("The webhook's body is not JSON.") from error
    if not isinstance(event, dict):
        raise BadRequest("The webhook's body is not a JSON object.")
    key = (event_id or digest(body.decode(errors="replace")))[:255]
    payload = orjson.dumps(event).decode().replace("\\u0000", "")  # jsonb knows no NUL
    (new,) = await _arriving.put([(vendor, account.id, key, payload)])
    return new


async def _store(rows: Sequence[_Row]) -> list[bool]:
    """Store webhooks in one transaction; which of them are new."""
    vendors, providers, events, payloads = map(list, zip(*rows, strict=True))
    said = {"vendors": vendors, "accounts": providers, "events": events, "payloads": payloads}
    async with unit_of_work() as session:
        new = {(row["vendor"], row["event_id"]) for row in await db.all(session, _STORE, said)}
        if new:
            await defer_applying(session)
    answers = []
    for vendor, _, event, _ in rows:
        answers.append((vendor, event) in new)
        new.discard((vendor, event))  # it came twice within the group
    return answers


_arriving: Final = Gathering(_store)


async def defer_applying(session: AsyncSession) -> None:
    """Have the stored webhooks applied: one job at a time, and never more than one waiting."""
    await defer(session, "payments.apply_webhooks", queueing_lock=APPLY_LOCK, lock=APPLY_LOCK)


async def waiting(limit: int) -> list[int]:
    """The oldest webhooks that are stored but not applied."""
    async with unit_of_work() as session:
        asked = {"vendors": list(gateways.GATEWAYS), "limit": limit}
        return [row["id"] for row in await db.all(session, _WAITING, asked)]


async def forget(session: AsyncSession) -> None:
    """Drop the webhooks applied long ago."""
    before = resources.current().clock.now() - KEEP
    await db.execute(session, _FORGET, {"vendors": list(gateways.GATEWAYS), "before": before})


async def apply_waiting() -> bool:
    """Apply one batch; whether there was anything to do."""
    ids = await db.insist(partial(waiting, BATCH))
    await batches.each(ids, _apply, _put_aside)
    return bool(ids)


async def _apply(ids: Sequence[int]) -> None:
    async with unit_of_work() as session:
        claimed = await db.all(session, _CLAIM, {"ids": ids})
        news: dict[int, list[Facts]] = defaultdict(list)
        errors: list[str | None] = []
        for row in claimed:
            facts, error = _read(row)
            errors.append(error)
            if facts is not None:
                news[row["provider_id"]].append(facts)
        await apply(session, news)
        await _done(session, [row["id"] for row in claimed], errors)


async def _put_aside(inbox_id: int, reason: str) -> None:
    log.error("a webhook cannot be applied", id=inbox_id, error=reason)
    async with unit_of_work() as session:
        await _done(session, [inbox_id], [reason])


async def _done(session: AsyncSession, ids: Sequence[int], errors: Sequence[str | None]) -> None:
    now = resources.current().clock.now()
    await db.execute(session, _DONE, {"ids": ids, "errors": errors, "now": now})


def _read(row: Mapping[str, Any]) -> tuple[Facts | None, str | None]:
    """The facts of a stored webhook, or why it has none: one that cannot be read must not stop the others."""
    try:
        return gateways.GATEWAYS[row["vendor"]].read(row["payload"]), None
    except ValueError as error:
        log.error("a webhook cannot be applied", id=row["id"], error=str(error))
        return None, str(error)[:500]
