"""Webhooks in: one inbox for all vendors.

A request is verified on its raw body, stored once, answered, and applied by a job in batches. An event that cannot be applied
becomes a dead letter with its reason and stops no other. What was applied is forgotten after 30 days.

A module supplies for each vendor how its requests are parsed, which accounts an event names (a phone number id, an account sid, a
domain, an order: never whose secret happens to fit), how an account verifies a request, and for all of them how events are
applied. An event is stored for every account that it names and whose secret signed the request, and may change only what
belongs to that account.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import batches, db, jsonb, resources
from py360.kit.errors import BadRequest, Unauthenticated
from py360.kit.groups import GroupWriter
from py360.kit.jobs import Job, ModuleJobs, defer
from py360.kit.reads import Reads

log = structlog.get_logger()
BATCH: Final = 2_000
KEEP: Final = timedelta(days=30)  # as long as a vendor may repeat an event, with room to look into what happened
WAIT_AGAIN: Final = timedelta(seconds=2)
LOOK_AGAIN_SECONDS: Final = 0.1
ACCOUNTS_AGE_SECONDS: Final = (10.0, 1.0)  # a new account or secret is looked up at once, at most once a second
REASON_MAX: Final = 500
TOKEN_KEPT_SECONDS: Final = 2 * 86_400  # a signature of a token is taken for a day
_MALFORMED: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)

# As the vendor documents it; what is needed of it is checked by a model of its module.
JsonObject = Mapping[str, object]


class VendorAccount(Protocol):
    """An account at a vendor: the inbox needs only its number."""

    @property
    def id(self) -> int:
        """Its number."""
        ...


Account = TypeVar("Account", bound=VendorAccount)


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook request as it arrived. `url` is the public address with its query; `account_id` is in addresses of accounts."""

    body: bytes
    headers: Mapping[str, str]
    url: str
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One event of a request: a key that repeats with the event, its payload, and what it `names` (a number, a domain).

    `problem`: why it is a dead letter. `token`: what the signature covers in place of the event.
    """

    key: str
    payload: JsonObject
    problem: str | None = None
    names: frozenset[str] = frozenset()
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event that waits to be applied; without an account it is our own."""

    id: int
    vendor: str
    account_id: int | None
    payload: dict[str, Any]
    received_at: datetime


@dataclass(slots=True)
class Outcome:
    """What became of a batch: those that wait for something not recorded yet, and those that cannot be applied."""

    waiting: Collection[int] = ()
    dead: dict[int, str] = field(default_factory=dict)


class Vendor(Protocol[Account]):
    """What a module supplies for the webhooks of a vendor."""

    @property
    def name(self) -> str:
        """The vendor, as the inbox calls it."""
        ...

    async def accounts(self, max_age: float) -> Sequence[Account]:
        """Every account at the vendor, read at most so many seconds ago."""
        ...

    def parse(self, request: Request) -> Sequence[Item]:
        """The events of a request, each by itself: an odd one has a `problem`. Raises ValueError for what is no request of the vendor."""
        ...

    async def accounts_of(self, item: Item, accounts: Sequence[Account]) -> Sequence[Account] | None:
        """The accounts that an event names; None when it names none."""
        ...

    def verify(self, account: Account, request: Request) -> bool:
        """Whether the account's secret signed the raw body. Never raises for what an unknown client may send."""
        ...


class BadSignature(Unauthenticated):
    """The signature of this webhook is not valid. Check the webhook secret of the account."""

    default_code = "bad_signature"


Apply = Callable[[AsyncSession, Sequence[Event]], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class _Row:
    """An event to store."""

    vendor: str
    account_id: int | None
    event_id: str
    payload: str
    problem: str | None


_STORE: Final = """
insert into webhook_inbox (vendor, provider_id, account_id, event_id, payload, error, applied_at)
select vendor, account_id, coalesce(account_id, 0), event_id, payload, problem, case when problem is not null then %(now)s::timestamptz end
from unnest(%(vendors)s::text[], %(accounts)s::bigint[], %(events)s::text[], %(payloads)s::jsonb[], %(problems)s::text[])
  as e (vendor, account_id, event_id, payload, problem)
on conflict (vendor, event_id, account_id) do nothing
returning vendor, event_id, provider_id as account_id
"""
_WAITING: Final = """
select id from webhook_inbox where vendor = any(%(vendors)s) and applied_at is null and id > %(after)s
order by id limit %(limit)s
"""
_CLAIM: Final = """
select id, vendor, provider_id as account_id, payload, received_at from webhook_inbox
where id = any(%(ids)s) and applied_at is null order by id for update
"""
_DONE: Final = """
update webhook_inbox w set applied_at = %(now)s, error = b.error
from unnest(%(done)s::bigint[]) d (id)
left join unnest(%(dead)s::bigint[], %(reasons)s::text[]) b (id, error) using (id) where w.id = d.id
"""


@dataclass(frozen=True, slots=True)
class _Key:
    vendor: str
    event_id: str
    account_id: int | None


class Inbox:
    """A module's inbox: it stores the events of its vendors and has them applied, one job at a time."""

    def __init__(self, jobs: ModuleJobs, vendors: Sequence[str], apply: Apply) -> None:
        self._vendors = list(vendors)
        self._apply = apply
        self._lock = f"{jobs.queue}.apply_webhooks"
        self._writer: GroupWriter[_Row, bool] = GroupWriter(self._store)
        # The next webhook and `retry_webhooks` bring it back.
        self.apply_job: Job = jobs.task(name=self._lock, retries=0, own_place=True)(self.apply_all)
        self.retry_job: Job = jobs.periodic(name=f"{jobs.queue}.retry_webhooks", cron="* * * * *")(self.retry)
        self.forget_job: Job = jobs.periodic(name=f"{jobs.queue}.forget_webhooks", cron="41 2 * * *")(self.forget)

    async def receive(self, vendor: Vendor[Account], request: Request) -> Sequence[bool]:
        """Verify a request and store its events; which of them are new. They are committed when this returns.

        Raises BadSignature when no account that it names signed it, BadRequest when it is not what the vendor documents.
        """
        rows: list[_Row] = []
        for max_age in ACCOUNTS_AGE_SECONDS:
            signed = _Signed(vendor, request, await vendor.accounts(max_age))
            try:
                items = vendor.parse(request)
            except _MALFORMED as error:
                if signed.by_any():
                    raise BadRequest("This is not a webhook of this vendor.", code="bad_webhook") from error
                continue
            rows = [row for item in items for row in await signed.rows(item)]
            if rows or (not items and signed.by_any()):
                return await self._writer.put(rows)
        raise BadSignature

    async def put(self, vendor: str, items: Sequence[Item]) -> None:
        """Store events of our own, such as an opened message; they are committed when this returns."""
        await self._writer.put([_row(vendor, None, item) for item in items])

    async def _store(self, rows: Sequence[_Row]) -> Sequence[bool]:
        """Store events in one transaction; which of them are new."""
        params = {
            "vendors": [row.vendor for row in rows],
            "accounts": [row.account_id for row in rows],
            "events": [row.event_id for row in rows],
            "payloads": [row.payload for row in rows],
            "problems": [row.problem for row in rows],
            "now": resources.current().clock.now(),
        }
        async with db.unit_of_work() as session:
            new = set(await db.fetch_all(session, _Key, _STORE, params))
            if new:
                await self.defer_apply(session)
        answers = []
        for row in rows:
            key = _Key(row.vendor, row.event_id, row.account_id)
            answers.append(key in new)
            new.discard(key)  # it came twice within the group
        return answers

    async def defer_apply(self, session: AsyncSession, at: datetime | None = None) -> None:
        """Have the stored events applied: one job at a time, and never more than one waiting."""
        await defer(session, self.apply_job, schedule_at=at, queueing_lock=self._lock, lock=self._lock)

    async def waiting(self, after: int = 0, limit: int | None = None) -> list[int]:
        """The next events that are stored but not applied, behind inbox row `after`."""
        async with db.unit_of_work() as session:
            params = {"vendors": self._vendors, "after": after, "limit": limit or BATCH}
            return await db.fetch_all(session, int, _WAITING, params)

    async def apply_all(self) -> None:
        """Apply everything that waits, a batch per transaction, and look again before ending.

        The second look catches what was being stored while this job began, and lets events collect in larger batches.
        """
        last, looks_again = 0, False
        while True:
            if ids := await db.insist(partial(self.waiting, last)):
                await batches.each(ids, self._apply_batch, self._make_dead_letter)
                last, looks_again = ids[-1], False
            elif looks_again:
                break
            else:
                looks_again = True
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        if await self.waiting(limit=1):  # for something that is not recorded yet
            async with db.unit_of_work() as session:
                await self.defer_apply(session, resources.current().clock.now() + WAIT_AGAIN)

    async def _apply_batch(self, ids: Sequence[int]) -> None:
        async with db.unit_of_work() as session:
            events = await db.fetch_all(session, Event, _CLAIM, {"ids": ids})
            outcome = await self._apply(session, events)
            for number, reason in outcome.dead.items():
                log.error("a webhook cannot be applied", id=number, error=reason)
            await _done(session, [each.id for each in events if each.id not in set(outcome.waiting)], outcome.dead)

    async def _make_dead_letter(self, number: int, reason: str) -> None:
        log.error("a webhook cannot be applied", id=number, error=reason)
        async with db.unit_of_work() as session:
            await _done(session, [number], {number: reason})

    async def retry(self, timestamp: int = 0) -> None:
        """Have applied what no job took, and dead letters that are to be tried again."""
        if await self.waiting(limit=1):
            async with db.unit_of_work() as session:
                await self.defer_apply(session)

    async def forget(self, timestamp: int = 0) -> None:
        """Drop the events applied long ago."""
        async with db.unit_of_work() as session:
            await db.execute(
                session,
                "delete from webhook_inbox where vendor = any(%(vendors)s) and applied_at < %(before)s",
                {"vendors": self._vendors, "before": resources.current().clock.now() - KEEP},
            )


async def _done(session: AsyncSession, ids: Sequence[int], dead: Mapping[int, str]) -> None:
    reasons = [reason[:REASON_MAX] for reason in dead.values()]
    params = {"done": list(ids), "dead": list(dead), "reasons": reasons, "now": resources.current().clock.now()}
    await db.execute(session, _DONE, params)


class _Signed(Generic[Account]):
    """Which accounts signed a request; each is asked once."""

    def __init__(self, vendor: Vendor[Account], request: Request, accounts: Sequence[Account]) -> None:
        self._vendor = vendor
        self._request = request
        self._accounts = accounts
        self._known: dict[int, bool] = {}

    def by(self, account: Account) -> bool:
        """Whether this account's secret signed it."""
        if account.id not in self._known:
            self._known[account.id] = self._vendor.verify(account, self._request)
        return self._known[account.id]

    def by_any(self) -> bool:
        """Whether any account's secret did."""
        return any(self.by(account) for account in self._accounts)

    async def rows(self, item: Item) -> list[_Row]:
        """An event as it is stored, once for each account that it names and that signed it; none when it is not signed."""
        named = await self._vendor.accounts_of(item, self._accounts)
        own = [each for each in self._accounts if each.id == self._request.account_id and self.by(each)]
        if named is None:  # then the address decides, or there is but one account that signed it
            signed = [each for each in self._accounts if self.by(each)]
            fitting = own or (signed if len(signed) == 1 else [])
        else:
            fitting = [each for each in named if self.by(each)]
        if len(fitting) > 1 and any(each in fitting for each in own):
            fitting = own  # the address distinguishes what the event does not
        if fitting and not await _is_tokens_event(self._vendor.name, item):
            return []
        if fitting:
            return [_row(self._vendor.name, each.id, item) for each in fitting]
        if named or not self.by_any():
            return []
        return [_row(self._vendor.name, None, item, item.problem or "It names no account of this installation.")]


async def _is_tokens_event(vendor: str, item: Item) -> bool:
    """Whether the token that was signed has come with this event alone: whoever saw one request could sign any other with it."""
    if item.token is None:
        return True
    name = f"webhook-token:{vendor}:{hashlib.sha256(item.token.encode('utf-8', 'replace')).hexdigest()}"
    async with resources.current().cache.pipeline(transaction=False) as pipeline:
        _, first = await pipeline.set(name, item.key, nx=True, ex=TOKEN_KEPT_SECONDS).get(name).execute()
    return bool(first == item.key)


def _row(vendor: str, account_id: int | None, item: Item, problem: str | None = None) -> _Row:
    payload = jsonb.dumps(item.payload)
    key = item.key.replace("\0", "")[:255]  # the vendor's word: text columns know no NUL either
    return _Row(vendor, account_id, key, payload, problem or item.problem)


def digest_key(value: object) -> str:
    """A key for an event that brings none: it repeats with the event."""
    return "unknown:" + hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


# ---------------------------------------------------------------- dead letters

# Their index holds these alone. One that is to be applied again keeps its reason until that succeeds.
_DEAD: Final = "from webhook_inbox where error is not null and applied_at is not null"
_NEWEST: Final = f"select id, vendor, event_id, received_at, error as reason {_DEAD} order by id desc limit 1"
_AGAIN: Final = "update webhook_inbox set applied_at = null where error is not null and applied_at is not null"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that could not be applied, and why."""

    id: int
    vendor: str
    event_id: str
    received_at: datetime
    reason: str


async def dead_letters(reads: Reads) -> int:
    """How many events of the last 30 days could not be applied."""
    return await reads.fetch_only(int, f"select count(*) {_DEAD}")


async def newest_dead_letter(reads: Reads) -> DeadLetter | None:
    """The newest of them."""
    return await reads.fetch_one(DeadLetter, _NEWEST)


async def apply_again() -> int:
    """Have all dead letters applied again, within a minute; how many."""
    async with db.unit_of_work() as session:
        return await db.execute(session, _AGAIN)
