"""What the inbox publishes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailsReceived:
    """Customers' mails were stored; one event per batch."""

    client_id: int
    email_ids: list[int]
