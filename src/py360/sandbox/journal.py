"""What the vendors saw: exact counts since the last reset, and the newest messages in full."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from py360.sandbox.behaviour import CHANNELS, Channel, plain

KEPT: Final = 5_000  # messages kept in full; the counts continue for ever
STATES: Final = ("accepted", "refused", "delivered", "failed", "opened", "clicked", "stopped", "complained")


@dataclass(slots=True)
class Message:
    """A message a vendor was given. `id` is the vendor's: a wamid, an SM sid, a Message-ID without its brackets."""

    id: str
    channel: Channel
    sender: str
    recipient: str
    body: str  # the text; for e-mail the HTML part, else the plain one
    received_at: datetime
    subject: str = ""
    callback: str = ""  # where this one message's statuses go (Twilio)
    unsubscribe: str = ""  # the one-click address (RFC 8058)
    details: dict[str, str] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the control interface."""
        return {
            "id": self.id,
            "channel": self.channel,
            "sender": self.sender,
            "recipient": self.recipient,
            "subject": self.subject,
            "body": self.body,
            "unsubscribe": self.unsubscribe,
            "receivedAt": self.received_at,
            "states": list(self.states),
            "reference": self.reference,
        }

    @property
    def reference(self) -> str:
        """What its sender calls it, by what the protocol lets a sender give along; empty where there is nothing."""
        if self.channel == "email":
            return self.id.partition("@")[0]
        if self.channel == "whatsapp":
            return self.details.get("opaque", "")
        return parse_qs(urlsplit(self.callback).query).get("message", [""])[0]


class Journal:
    """Counts and messages of this process; a vendor's memory, not ours."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._kept: deque[Message] = deque(maxlen=KEPT)

    def keep(self, message: Message) -> None:
        """Remember an accepted message."""
        self._kept.append(message)
        self.note(message, "accepted")

    def note(self, message: Message, state: str) -> bool:
        """A message reached a state; False when it had reached it before."""
        if state in message.states:
            return False
        message.states.append(state)
        self._counts[message.channel, state] += 1
        return True

    def count(self, group: str, name: str, by: int = 1) -> None:
        """Count anything else: refusals, payments, visits."""
        self._counts[group, name] += by

    def counts(self) -> dict[str, dict[str, int]]:
        """Everything counted, by channel, then `payments` and `customers`."""
        channels: dict[str, dict[str, int]] = {
            channel: {state: self._counts[channel, state] for state in STATES} for channel in CHANNELS
        }
        rest: dict[str, dict[str, int]] = {"payments": {}, "customers": {}}
        for (group, name), number in self._counts.items():
            if group in rest:
                rest[group][name] = number
        return {**channels, **rest}

    def messages(self, channel: str | None = None, recipient: str | None = None) -> Iterator[Message]:
        """The kept messages, newest first."""
        wanted = plain(recipient) if recipient else None
        for message in reversed(self._kept):
            if channel in (None, message.channel) and wanted in (None, plain(message.recipient)):
                yield message

    def find(self, message_id: str) -> Message | None:
        """A kept message by its vendor id."""
        return next((message for message in reversed(self._kept) if message.id == message_id), None)

    def clear(self) -> None:
        """Forget everything."""
        self._counts.clear()
        self._kept.clear()
