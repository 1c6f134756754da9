"""What identity publishes. Fields are plain JSON values; a subscriber may see an event twice or out of order."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientAdded:
    """The office works for another insurer: modules give it what every client starts with."""

    client_id: int
