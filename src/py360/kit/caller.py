"""Who is asking, and how far they reach."""

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from py360.kit.errors import NotFound

ID_DIGITS: Final = 18  # a bigint has no more
MOST_NODES_NAMED: Final = 300  # of a subtree: above, the planner is better off without their names
Reach = Literal["own", "team", "subtree", "all"]
Predicate: TypeAlias = tuple[str, dict[str, object]]  # SQL behind `where`, and its parameters


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user with everything that decides what they may see and do."""

    user_id: int
    name: str
    email: str
    role: str
    permissions: frozenset[str]
    client_id: int
    client_ids: tuple[int, ...]
    reach: Reach
    node_id: int | None = None
    read_only: bool = False
    session_id: int | None = None
    client_codes: tuple[str, ...] = ()  # of `client_ids`, in their order
    must_change_password: bool = False  # may do nothing else before
    subtree: tuple[int, ...] = ()  # for reach `subtree`: the home and what is below it, where these are few

    def may(self, *permissions: str) -> bool:
        """Whether any of these page or feature permissions is held."""
        return any(permission in self.permissions for permission in permissions)

    def at(self, client: str) -> "Caller":
        """The same caller, at work for one of their clients only, by its number or code; raises NotFound for any other."""
        codes = {code.lower(): number for code, number in zip(self.client_codes, self.client_ids, strict=False)}
        is_number = client.isascii() and client.isdecimal() and len(client) <= ID_DIGITS
        number = int(client) if is_number else codes.get(client.strip().lower(), 0)
        if number not in self.client_ids:
            raise NotFound("There is no such client within your reach.", code="client_not_found")
        return replace(self, client_id=number, client_ids=(number,), client_codes=())


def reach_filter(caller: Caller, alias: str = "c") -> Predicate:
    """The SQL predicate that every list of assigned records starts with, and its parameters.

    `alias` is a table with client_id, assigned_to and node_id. All reaches the caller's clients; subtree their home node
    and what is below it; team their home node; own what is assigned to them. A record without node and assignee is seen
    by `all` only.
    """
    params: dict[str, object] = {"reach_clients": list(caller.client_ids), "reach_user": caller.user_id}
    # Numbers of ours are in the SQL as they are: the planner sees them, and no array is adapted for every list.
    clients = f"{alias}.client_id in ({', '.join(str(int(number)) for number in caller.client_ids) or 'null'})"
    mine = f"{alias}.assigned_to = %(reach_user)s"
    if caller.reach == "all":
        return clients, params
    if caller.reach == "own" or caller.node_id is None:
        return f"{clients} and {mine}", params
    params["reach_node"] = caller.node_id
    # User and nodes are named, so that the planner takes the indexes of a small team: with parameters it counts on an agent of many
    # cases, and walks through all cases instead (28 ms of a million, measured).
    named_mine = f"{alias}.assigned_to = {int(caller.user_id)}"
    if caller.reach == "team":
        return f"{clients} and ({named_mine} or {alias}.node_id = {int(caller.node_id)})", params
    if caller.subtree:
        named = ", ".join(str(int(number)) for number in caller.subtree)
        return f"{clients} and ({named_mine} or {alias}.node_id in ({named}))", params
    below = (
        "select n.id from organization_public_node n, organization_public_node home "
        "where home.id = %(reach_node)s and n.path <@ home.path"
    )
    return f"{clients} and ({mine} or {alias}.node_id in ({below}))", params
