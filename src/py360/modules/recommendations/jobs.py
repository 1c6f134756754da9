"""Jobs of recommendations: predictions follow the cases."""

import asyncio
from typing import Final

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from py360.kit.errors import Invalid
from py360.kit.jobs import module_jobs
from py360.modules.identity import api as identity
from py360.modules.recommendations.service import follow_merge as merges
from py360.modules.recommendations.service import models, recommend
from py360.modules.recommendations.service.models import StoredModel
from py360.modules.recommendations.service.score import score, take_features

jobs = module_jobs("recommendations")
EVERY_TEN_MINUTES: Final = "*/10 * * * *"
_ONE_RUN: Final = "select pg_advisory_xact_lock(367, %(client)s::int)"


@jobs.periodic(name="recommendations.score_cases", cron=EVERY_TEN_MINUTES)
async def score_cases(timestamp: int) -> None:
    """Note what is known of new and changed cases, and score them where the client has a model.

    What fails for one client holds up no other.
    """
    async with unit_of_work() as session:
        clients = await identity.client_numbers(session)
    failures: list[Exception] = []
    for client_id in clients:
        try:
            await score_client(client_id)
        except Exception as error:
            if db.is_away(error):
                raise
            failures.append(error)
    if failures:
        raise ExceptionGroup("not every client's cases could be scored", failures)


@jobs.periodic(name="recommendations.note_conversions", cron="17 * * * *")
async def note_conversions(timestamp: int) -> None:
    """Customers who bought what was recommended to them: it is converted. What those held out bought is noted alike."""
    async with unit_of_work() as session:
        await recommend.note_purchases(session, resources.current().clock.now())


@jobs.task(name="recommendations.follow_merge")
async def follow_merge(client_id: int, kept_id: int, merged_id: int) -> None:
    """Customers were merged or parted: what was recommended to them, and their risks, follow."""
    async with unit_of_work() as session:
        await merges.follow_merge(session, kept_id, merged_id)


async def score_client(client_id: int) -> int:
    """The same for one client; how many cases the model scored. Raises Invalid for a model that cannot be used, after what is
    known of the cases was noted.

    One run at a time: another waits, for two would write the same rows in different orders, and an older model's prediction
    over a newer one's.
    """
    async with unit_of_work() as alone:
        await db.execute(alone, _ONE_RUN, {"client": client_id})
        return await _score_client(client_id)


async def _score_client(client_id: int) -> int:
    """In batches, each a transaction of its own: while the model scores one batch, the next is looked at."""
    stored, refused = None, None
    async with unit_of_work() as session:
        try:
            stored = await models.active(session, client_id)
        except Invalid as error:
            refused = error
    scored, behind = 0, 0
    seen = await _take(client_id, 0)
    while seen is not None:
        async with asyncio.TaskGroup() as together:
            following = together.create_task(_take(client_id, seen))
            counted = together.create_task(_score(client_id, stored, behind, seen))
        scored += counted.result()
        behind, seen = seen, following.result()
    if refused:
        raise refused
    return scored + await _score(client_id, stored, behind, None)  # cases of which nothing changed but the model


async def _take(client_id: int, after: int) -> int | None:
    async with unit_of_work() as session:
        return await take_features(session, client_id, after)


async def _score(client_id: int, stored: StoredModel | None, after: int, until: int | None) -> int:
    """Score the cases between two numbers, the last included; how many."""
    if stored is None:
        return 0
    scored = 0
    last: int | None = after
    while last is not None:
        async with unit_of_work() as session:
            last, count = await score(session, client_id, stored, last, until)
        scored += count
    return scored
