"""Every event has a subscriber, every job can be named and called."""

import inspect
import re
from dataclasses import fields, is_dataclass
from importlib import import_module

import pytest

from py360.entrypoints import wiring, worker
from py360.kit import events, jobs
from tests.house.source import CHECKOUT

# Events nobody listens to yet, and why they are published anyway.
UNHEARD = {
    "CaseClosed": "a renewal has an event of its own, and whoever writes reads whether the case is open",
    "ContactStopped": "sending reads the suppressions itself; the inbox will show it",
    "CaseAssigned": "for the agents' notifications, which come with their module's settings",
    "CaseStatusChanged": "for outgoing webhooks of the office's own systems",
}


@pytest.fixture(scope="module", autouse=True)
def _wired() -> None:
    wiring.import_jobs()


def _events() -> list[type]:
    found = []
    for module in wiring.MODULES:
        if name := wiring._part(module, "events"):
            found += [
                item for item in vars(import_module(name)).values() if inspect.isclass(item) and is_dataclass(item)
            ]
    return found


def test_the_table_of_modules_is_theirs() -> None:
    """docs/architecture.md names each module once, from the top down, with the events it publishes."""
    text = (CHECKOUT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) ?\|$", text, re.MULTILINE)
    assert {module for module, _ in rows} == set(wiring.MODULES)
    assert sorted(", ".join(said for _, said in rows).replace(",", " ").split()) == sorted(
        event.__name__ for event in _events()
    )


def test_every_event_is_heard_or_says_why_not() -> None:
    silent = {event.__name__ for event in _events() if not events.subscribers(event)} - UNHEARD.keys()
    assert not silent, silent


def test_whoever_listens_takes_the_events_fields() -> None:
    for event in _events():
        for job in events.subscribers(event):
            taken = set(inspect.signature(job.func).parameters)
            assert {field.name for field in fields(event)} <= taken, f"{job.name} does not take {event.__name__}"


def test_events_are_frozen_and_named_in_the_past() -> None:
    for event in _events():
        assert event.__dataclass_params__.frozen, event  # dataclasses' own mark
        assert re.search(r"(ed|Moved|Held|Sent|Paid|Lost|Found|Made)$", event.__name__), event


def test_every_job_stands_in_a_queue_that_a_worker_serves() -> None:
    served = {queue for queues, _ in worker.queue_groups(wiring.MODULES) for queue in queues}
    for name, task in jobs.app.tasks.items():
        if task.queue != "builtin":
            assert task.queue in served, f"{name} waits in {task.queue}, which nobody serves"
            assert re.fullmatch(r"[a-z]+\.[a-z_]+", name), name


def test_every_periodic_job_waits_at_most_once() -> None:
    periodic = jobs.app.periodic_registry.periodic_tasks.values()
    assert periodic
    for job in periodic:
        assert job.task.queueing_lock == job.task.name
        assert (job.task.func.__doc__ or "").strip(), job.task.name
