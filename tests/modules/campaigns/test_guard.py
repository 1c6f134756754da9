"""The guard of a run: what it allows follows its last look, and a look that is too old allows nothing."""

import time

import httpx
import pytest

from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns.sender import guard
from py360.modules.campaigns.sender.claim import Batch, claim
from py360.modules.campaigns.sender.run import Run, prepare
from py360.modules.cases import api as cases
from tests.factories.campaigns import Relay, create, number_of, upload


async def claimed(client: httpx.AsyncClient) -> tuple[Run, Batch, int]:
    """A run with a batch of three, and its campaign."""
    number = number_of(await create(client, await upload(3)))
    run = await prepare(number)
    assert isinstance(run, Run)
    return run, await claim(run), number


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The guard's clock goes forward."""
    real = time.monotonic
    monkeypatch.setattr("py360.modules.campaigns.sender.guard.time.monotonic", lambda: real() + seconds)


def test_a_look_and_a_stale_look_are_within_two_seconds() -> None:
    assert guard.LOOK_SECONDS + guard.STALE_SECONDS < 2


async def test_look_that_is_too_old_allows_nothing(
    as_admin: httpx.AsyncClient, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, batch, _ = await claimed(as_admin)
    await run.guard.look()
    assert all(run.guard.may_send(each) for each in batch.admitted)
    later(monkeypatch, guard.STALE_SECONDS)
    assert not any(run.guard.may_send(each) for each in batch.admitted)


async def test_pause_is_seen_by_the_next_look(as_admin: httpx.AsyncClient, relay: Relay) -> None:
    run, batch, number = await claimed(as_admin)
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "paused"})
    await run.guard.look()
    assert not any(run.guard.may_send(each) for each in batch.admitted)
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await run.guard.look()
    assert all(run.guard.may_send(each) for each in batch.admitted)


async def test_payment_is_seen_by_the_next_look(
    as_admin: httpx.AsyncClient, relay: Relay, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, batch, _ = await claimed(as_admin)
    paid = batch.admitted[0].outgoing.case_id
    assert paid is not None
    async with unit_of_work() as session:
        await cases.settle(session, [cases.Paid(paid, "UPI", resources.clock.now(), "pay_1")])
    with run.guard.watching(batch.admitted):
        later(monkeypatch, 1)  # the batch has been at the vendor for a second
        await run.guard.look()
        assert [run.guard.may_send(each) for each in batch.admitted] == [False, True, True]
