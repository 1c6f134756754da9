"""Assigning by itself, where the office wants it: cases without an agent, and those of agents who are away.

An agent is chosen who works now, has room, and is nearest to the case: of its node, then of the nodes above it, then any; among
these the one with the fewest open cases for their capacity. The case's channel has a say too (`channels`): its hours, its capacity
and its priority. A case that no agent has room for stays as it is, and is looked at again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.clock import INDIA
from py360.modules.cases.assignment import channels
from py360.modules.cases.assignment.channels import Channels
from py360.modules.cases.service.assign import assign_locked
from py360.modules.cases.service.lock import lock_any
from py360.modules.identity import api as identity
from py360.modules.settings import api as settings

BATCH: Final = 500  # cases in one transaction

_CLIENTS: Final = "select distinct client_id from agent_availability order by client_id"
_AGENTS: Final = """
select v.user_id as id, v.capacity, v.work_days, v.works_from, v.works_to, h.path::text as path,
  (select count(*) from renewal_cases k where k.assigned_to = v.user_id and k.closed_at is null) as load
from agent_availability v
join identity_public_users a on a.id = v.user_id and a.status = 'active'
left join organization_public_homes h on h.user_id = v.user_id
where v.client_id = %(client)s and not coalesce(%(today)s between v.absent_from and v.absent_to, false)
order by v.user_id
"""
# Cases that need an agent: they have none, or theirs is no longer active, or away while the case needs work.
_WAITING: Final = """
select c.id, n.path::text as path, c.channel, c.assigned_to is not null as is_worked
from renewal_cases c left join organization_public_node n on n.id = c.node_id
where c.client_id = %(client)s and c.closed_at is null and c.id > %(after)s
  and (c.channel is null or c.channel <> all(%(closed)s)) and (
  c.assigned_to is null
  or exists (select from agent_availability v where v.user_id = c.assigned_to and %(today)s between v.absent_from and v.absent_to
    and least(c.due_date, coalesce(c.next_follow_up_date, c.due_date)) <= v.absent_to)
  or exists (select from identity_public_users u where u.id = c.assigned_to and u.status <> 'active'))
order by c.id limit %(limit)s for no key update of c skip locked
"""


@dataclass(slots=True)
class Agent:
    """An agent who is not away, with the open cases they have."""

    id: int
    capacity: int
    work_days: list[int]
    works_from: time
    works_to: time
    path: str | None
    load: int

    def works_at(self, moment: datetime) -> bool:
        """Whether they work at this moment, by the clock in India."""
        there = moment.astimezone(INDIA)
        return there.isoweekday() in self.work_days and self.works_from <= there.time() < self.works_to

    def is_at_or_above(self, path: str | None) -> bool:
        """Whether their home answers for this place of the tree."""
        return path is not None and self.path is not None and f"{path}.".startswith(f"{self.path}.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that needs an agent, and its place in the organisation."""

    id: int
    path: str | None
    channel: str | None
    is_worked: bool


@dataclass(slots=True)
class Chooser:
    """Chooses agents for cases, one after the other; their loads and those of the channels follow."""

    agents: Sequence[Agent]
    channels: Channels
    chosen: dict[int, list[int]] = field(default_factory=dict)  # cases by agent

    def choose(self, case: Waiting) -> Agent | None:
        """The agent for a case; None when nobody has room, or its channel has none."""
        if not (case.is_worked or self.channels.has_room(case.channel)):
            return None
        free = [agent for agent in self.agents if agent.load < agent.capacity]
        near = [agent for agent in free if agent.is_at_or_above(case.path)]
        deepest = max((len(agent.path or "") for agent in near), default=0)
        nearest = [agent for agent in near if len(agent.path or "") == deepest] or free
        agent = min(nearest, key=lambda each: (each.load / each.capacity, each.id), default=None)
        if agent is not None:
            agent.load += 1
            if not case.is_worked:
                self.channels.take(case.channel)
            self.chosen.setdefault(agent.id, []).append(case.id)
        return agent


async def auto_assign() -> int:
    """Assign what waits at every client that wants it; how many cases got an agent. May run twice at once."""
    async with db.unit_of_work() as session:
        clients = await db.fetch_all(session, int, _CLIENTS)
    return sum([await _assign_client(client_id) for client_id in clients])


async def _assign_client(client_id: int) -> int:
    assigned, after = 0, 0
    while True:
        async with db.unit_of_work() as session:
            if not (await settings.get(session, client_id, settings.Renewals)).auto_assign_cases:
                return assigned
            clock = resources.current().clock
            await db.execute(session, "select pg_advisory_xact_lock(366, %(client)s::int)", {"client": client_id})
            present = await db.fetch_all(session, Agent, _AGENTS, {"client": client_id, "today": clock.today()})
            agents = [agent for agent in present if agent.works_at(clock.now())]
            open_now = await channels.read(session, client_id, clock.now())
            params: dict[str, object] = {
                "client": client_id, "today": clock.today(), "after": after, "limit": BATCH, "closed": open_now.closed(),
            }  # fmt: skip
            waiting = await db.fetch_all(session, Waiting, _WAITING, params) if agents else []
            assigned += await _assign_batch(session, Chooser(agents, open_now), waiting)
        if len(waiting) < BATCH:
            return assigned
        after = waiting[-1].id


async def _assign_batch(session: AsyncSession, chooser: Chooser, waiting: Sequence[Waiting]) -> int:
    for case in sorted(waiting, key=lambda each: (chooser.channels.rank(each.channel), each.id)):
        if all(agent.load >= agent.capacity for agent in chooser.agents):
            break
        chooser.choose(case)
    people = await identity.people(session, sorted(chooser.chosen))
    for agent_id, case_ids in sorted(chooser.chosen.items()):
        await assign_locked(session, None, await lock_any(session, case_ids), people[agent_id])
    return sum(map(len, chooser.chosen.values()))
