"""How a link or a code reaches a customer: messaging is above this module, so that `wiring` says who sends."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class VerificationMessage:
    """A link or a code for the one contact that it verifies. The ledger must not keep the text."""

    client_id: int
    customer_id: int
    channel: Literal["email", "sms"]
    contact: str
    subject: str
    text: str
    sent_by: int


class SendVerification(Protocol):
    """Sends a message through the send gate, in transactions of its own."""

    async def __call__(self, message: VerificationMessage, /) -> None:
        """Raises Conflict, Invalid, TooMany and Unavailable: the contact got nothing then."""
        ...


_sender: SendVerification | None = None


def use_verification_sender(sender: SendVerification) -> None:
    """Send with this from now on."""
    global _sender
    _sender = sender


async def send(message: VerificationMessage) -> None:
    """Send a message; raises as the sender does."""
    assert _sender is not None, "wiring names the sender"
    await _sender(message)
