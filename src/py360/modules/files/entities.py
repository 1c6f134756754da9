"""What a file may belong to. The module of a record says who may read it; this module knows none of them.

`wiring` registers each kind: the permissions of its page, and the function that finds a record within the caller's reach.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from py360.kit.caller import Caller
from py360.kit.errors import Forbidden, Invalid
from py360.kit.reads import Reads


@dataclass(frozen=True, slots=True)
class Entity:
    """A record that files belong to: its key, its client, and its code as people see it."""

    id: int
    client_id: int
    code: str


class FindEntity(Protocol):
    """Finds a record within the caller's reach."""

    async def __call__(self, reads: Reads, caller: Caller, named: str | int, /) -> Entity:
        """`named`: a code from a request, or our own key as a number. Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class _Kind:
    permissions: tuple[str, ...]
    find: FindEntity


_kinds: Final[dict[str, _Kind]] = {}


def use_entity(kind: str, permissions: tuple[str, ...], find: FindEntity) -> None:
    """Let files belong to records of this kind, for callers with one of these permissions."""
    _kinds[kind] = _Kind(permissions, find)


def kinds() -> list[str]:
    """The kinds of record that files may belong to."""
    return sorted(_kinds)


async def find(reads: Reads, caller: Caller, kind: str, named: str | int, *, change: bool = False) -> Entity:
    """The record that a file belongs to; `change`: the caller adds or deletes one.

    Raises Invalid (no such kind), Forbidden (the permission, a role that may only look) and NotFound.
    """
    known = _kinds.get(kind)
    if known is None:
        raise Invalid(
            f"Files cannot belong to “{kind[:50]}”.",
            code="unknown_entity_type",
            details=[{"field": "entityType", "message": "one of " + ", ".join(kinds())}],
        )
    if not caller.may(*known.permissions):
        raise Forbidden(f"Your role has no access to this ({' or '.join(known.permissions)}).")
    if change and caller.read_only:
        raise Forbidden("Your role may look but not change anything.", code="read_only")
    return await known.find(reads, caller, named)
