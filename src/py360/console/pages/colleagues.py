"""Who work may be given to, as far as the caller sees their colleagues."""

from typing import TypedDict

from py360.console.visit import Visit


class Colleague(TypedDict):
    """A user of the office."""

    id: int
    name: str


class Agents(TypedDict):
    """The agents who take cases."""

    agents: list[Colleague]


class Users(TypedDict):
    """The users of the caller's clients."""

    users: list[Colleague]


async def colleagues(visit: Visit) -> list[Colleague]:
    """The first hundred by name; none where the caller's role shows no colleagues: forms then ask for a number."""
    if visit.may("users"):
        users = await visit.api.find(Users, "/users", status="active", limit=100)
        return users["users"] if users else []
    agents = await visit.api.find(Agents, "/agents", limit=100) if visit.may("cases") else None
    return agents["agents"] if agents else []
