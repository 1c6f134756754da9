"""The claim as a property: however many loops work on a campaign, in whatever order they claim, deliver, give back or die, every
recipient is written to once, and none is lost."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py360.kit.clock import FixedClock
from py360.kit.resources import Resources
from py360.modules.campaigns.sender.claim import Batch, claim
from py360.modules.campaigns.sender.guard import LEASE
from py360.modules.campaigns.sender.record import record
from py360.modules.campaigns.sender.run import Run, prepare
from py360.modules.messaging.api import Admitted
from py360.modules.messaging.vendors.base import sent, withheld
from tests.factories.campaigns import Upload, hand_over, template
from tests.factories.stored import read_row, read_rows

PEOPLE = 12
LOOPS = 4
Step = tuple[Literal["claim", "deliver", "give back", "die", "rush"], int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "deliver", "give back", "die", "rush"]), st.integers(0, LOOPS - 1), st.integers(1, 7)
    ),
    max_size=30,
)


@dataclass
class Loop:
    """One loop: its run and the batch it has claimed."""

    run: Run
    claimed: Batch = field(default_factory=Batch)

    @property
    def batch(self) -> Sequence[Admitted]:
        """The messages that were admitted."""
        return self.claimed.admitted


@dataclass
class World:
    """What left for the vendor, by contact, and which messages a dead worker leaves in doubt."""

    number: int
    loops: list[Loop]
    left: Counter[str] = field(default_factory=Counter)
    in_doubt: set[str] = field(default_factory=set)

    async def claim(self, which: int, count: int) -> None:
        """A loop without a batch takes one."""
        loop = self.loops[which]
        if not loop.batch:
            loop.run.batch_size = count
            loop.claimed = await claim(loop.run)

    async def step(self, kind: str, which: int, count: int) -> None:
        """One step of one loop; `rush`: all loops claim at the same moment."""
        loop = self.loops[which]
        if kind == "rush":
            await asyncio.gather(*(self.claim(one, count) for one in range(LOOPS)))
        elif kind == "claim":
            await self.claim(which, count)
        elif kind == "die":  # some of its messages had been handed to a connection
            await hand_over(loop.batch[:count])
            self.left.update(each.outgoing.contact for each in loop.batch[:count])
            self.in_doubt |= {each.outgoing.contact for each in loop.batch[:count]}
            self.loops[which] = Loop(await begun(self.number))
        elif loop.batch:
            leaving, back = (loop.batch, []) if kind == "deliver" else (loop.batch[:count], loop.batch[count:])
            self.left.update(each.outgoing.contact for each in leaving)
            answers = [sent(each, None, None) for each in leaving] + [withheld(each) for each in back]
            assert loop.claimed.account is not None
            await record(loop.run, loop.claimed.account, answers)
            loop.claimed = Batch()


async def begun(number: int) -> Run:
    """A run of the campaign, as a worker begins it."""
    run = await prepare(number)
    assert isinstance(run, Run)
    return run


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_every_recipient_is_written_to_once(
    steps: Sequence[Step], as_admin: httpx.AsyncClient, upload: Upload, resources: Resources, clock: FixedClock
) -> None:
    clock.moment = datetime.now(UTC)  # the example before waited for a lease
    number = await fresh(as_admin, upload, resources)
    world = World(number, [Loop(await begun(number)) for _ in range(LOOPS)])
    for kind, which, count in steps:
        await world.step(kind, which, count)
    for which in range(LOOPS):
        await world.step("deliver", which, 0)
    clock.moment += LEASE + timedelta(seconds=1)
    last = Loop(await begun(number))  # settles what the dead had claimed, then sends what is left
    world.loops = [last] * LOOPS
    await world.claim(0, PEOPLE)
    await world.step("deliver", 0, 0)

    rows = await read_rows(
        resources.reads, "select contact, status from campaign_recipients where campaign_id = %(id)s", {"id": number}
    )
    assert len(rows) == PEOPLE
    assert max(world.left.values()) == 1
    assert {row["contact"] for row in rows if row["status"] == "unknown"} == world.in_doubt
    assert {row["contact"] for row in rows if row["status"] == "sent"} == world.left.keys() - world.in_doubt
    assert {row["status"] for row in rows} <= {"sent", "unknown"}
    counted = await read_row(
        resources.reads,
        "select sent_count, unknown_count, settled_count from campaigns where id = %(id)s",
        {"id": number},
    )
    assert counted == {
        "sent_count": PEOPLE - len(world.in_doubt), "unknown_count": len(world.in_doubt), "settled_count": PEOPLE
    }  # fmt: skip


async def fresh(client: httpx.AsyncClient, upload: Upload, resources: Resources) -> int:
    """Another campaign to the same recipients; its id."""
    if await resources.reads.fetch_only(int, "select count(*) from file_uploads") == 0:
        await upload(PEOPLE)
        await template(client)
    body = {"name": "Again", "type": ["email"], "uploadId": "upload-1", "templates": {"email": "May notice"}}
    answer = await client.post("/api/campaigns", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["data"]["campaigns"][0]["id"].removeprefix("campaign-"))
