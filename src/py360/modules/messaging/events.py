"""What messaging publishes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessagesMoved:
    """The ledger rows of these campaigns moved (delivered, opened, clicked, bounced, ...). One event per applied batch."""

    client_id: int
    campaign_ids: list[int]


@dataclass(frozen=True, slots=True)
class ContactStopped:
    """A recipient asked not to be written to any more: STOP, unsubscribe or a complaint."""

    client_id: int
    channel: str
    contact: str
