"""Facts that modules publish. Each subscriber gets its own job in the publisher's transaction: at least once, any order.

An event is a frozen dataclass in a module's `events.py`, named in the past tense; `wiring` lists who subscribes to which.
"""

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.jobs import Job, defer_each

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_subscribers: Final[dict[type, list[Job]]] = {}


def subscribe(event: type, job: Job) -> None:
    """Run `job` with the event's fields whenever the event is published."""
    jobs = _subscribers.setdefault(event, [])
    if job not in jobs:
        jobs.append(job)


def subscribers(event: type) -> list[Job]:
    """The jobs that run when an event is published."""
    return list(_subscribers.get(event, []))


async def publish(session: AsyncSession, *events: "DataclassInstance") -> None:
    """Write one job per event and subscriber into the session's transaction, in one statement for all events of a kind.
    Fields must be JSON values."""
    alike: dict[type, list[dict[str, object]]] = defaultdict(list)
    for event in events:
        alike[type(event)].append(asdict(event))
    for kind, arguments in alike.items():
        for job in subscribers(kind):
            await defer_each(session, job, arguments)
