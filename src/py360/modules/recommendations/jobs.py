"""Jobs of recommendations: predictions follow the cases."""

from typing import Final

from py360.kit import resources
from py360.kit.db import unit_of_work
from py360.kit.jobs import module_jobs
from py360.modules.identity import api as identity
from py360.modules.recommendations.service import models, recommend
from py360.modules.recommendations.service.score import score, take_features

jobs = module_jobs("recommendations")
EVERY_TEN_MINUTES: Final = "*/10 * * * *"


@jobs.periodic(name="recommendations.score_cases", cron=EVERY_TEN_MINUTES)
async def score_cases(timestamp: int) -> None:
    """Note what is known of new and changed cases, and score them where the client has a model."""
    async with unit_of_work() as session:
        clients = await identity.client_numbers(session)
    for client_id in clients:
        await score_client(client_id)


@jobs.periodic(name="recommendations.note_conversions", cron="17 * * * *")
async def note_conversions(timestamp: int) -> None:
    """Customers who bought what was recommended to them: it is converted."""
    async with unit_of_work() as session:
        await recommend.note_conversions(session, resources.current().clock.now())


async def score_client(client_id: int) -> int:
    """The same for one client; how many cases the model scored. Done in batches, each a transaction of its own."""
    last: int | None = 0
    while last is not None:
        async with unit_of_work() as session:
            last = await take_features(session, client_id, last)
    async with unit_of_work() as session:
        stored = await models.active(session, client_id)
    if stored is None:
        return 0
    scored, last = 0, 0
    while last is not None:
        async with unit_of_work() as session:
            last, count = await score(session, client_id, stored, last)
            scored += count
    return scored
