"""What files publish."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileAdded:
    """A document was added to a record."""

    file_id: int
    entity_type: str
    entity_id: int
    name: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class FileRemoved:
    """A document of a record was deleted."""

    file_id: int
    entity_type: str
    entity_id: int
    name: str
    user_id: int | None
