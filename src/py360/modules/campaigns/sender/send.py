"""Sending a campaign: several loops, each claiming a batch, handing it to the vendor and recording the answers.

A batch takes three steps (docs/architecture.md, rules 2 and 3). In one short transaction its recipients are claimed, cases that closed
meanwhile are left out, payment links are made and the send gate decides. Outside any transaction the vendor gets the messages
that the run's guard still allows. In a second transaction the ledger and the recipients get the answers; recipients whose
message did not leave are back in the plan. When a worker dies in between, `recover` settles its batches once their lease is
over: messages that were never handed to a connection are back in the plan, and only the others may be `unknown`.
"""

import asyncio
import time
from functools import partial
from typing import Final, TypeVar

from py360.kit import db
from py360.modules.campaigns.live_updates import push_progress
from py360.modules.campaigns.sender.claim import Batch, claim
from py360.modules.campaigns.sender.record import record
from py360.modules.campaigns.sender.run import Run
from py360.modules.messaging import api as messaging

Outcome = TypeVar("Outcome")
LOOPS: Final = 3
END_SECONDS: Final = 2.0  # messages at the vendor when the worker ends are awaited so long
BATCH_LIMIT_SECONDS: Final = 600.0  # a vendor that has not answered a batch by then is taken for hanging
PUSH_SECONDS: Final = 0.5  # between two live updates


async def send(run: Run) -> None:
    """Run the loops until no recipient is due, the campaign is paused or stopped, the gate or the vendor reports to wait, or the
    worker ends.

    Whatever ends it, batches at the vendor are awaited first: their answers would be lost.
    """
    work = asyncio.gather(run.guard.keep_looking(), _loops(run), return_exceptions=True)
    work.add_done_callback(_retrieve)
    try:
        outcomes = await asyncio.shield(work)
    except asyncio.CancelledError:
        run.guard.ending = True
        await asyncio.wait([work], timeout=END_SECONDS)
        if not work.done():
            work.cancel()
            raise
        outcomes = work.result()  # everything is recorded: the next worker continues
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def _retrieve(work: asyncio.Future[Outcome]) -> None:
    """Of a run that is cancelled nothing waits for the outcome: without this it would be logged as an error."""
    if not work.cancelled():
        work.exception()


async def _loops(run: Run) -> None:
    loops = asyncio.gather(*(_loop(run) for _ in range(LOOPS)), return_exceptions=True)
    loops.add_done_callback(_retrieve)
    try:
        outcomes = await loops
    finally:
        run.guard.close()
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


async def _loop(run: Run) -> None:
    try:
        while run.goes_on and await run.guard.may_claim():
            batch = await db.insist(partial(claim, run))
            if not batch.claimed and not run.guard.paused:
                return
            if batch.admitted:
                await _deliver(run, batch)
            await _push(run)
    except BaseException:
        run.guard.ending = True  # the other loops finish their batches
        raise


async def _deliver(run: Run, batch: Batch) -> None:
    """Hand a batch to the vendor of its own account, and record the answers."""
    assert batch.account is not None  # chosen before anything was admitted
    with run.guard.watching(batch.admitted):
        started = time.monotonic()
        async with asyncio.timeout(BATCH_LIMIT_SECONDS):
            transport = messaging.transport(batch.account)
            deliveries = await transport.send(batch.admitted, run.guard.may_send)
        run.adapt_batch(deliveries, time.monotonic() - started)
        await record(run, batch.account, deliveries)


async def _push(run: Run) -> None:
    """Live progress, at most twice a second."""
    now = time.monotonic()
    if now - run.pushed_at >= PUSH_SECONDS:
        run.pushed_at = now
        await db.insist(partial(push_progress, run.campaign.id))
