"""What compliance is about: channels, purposes, contacts, and why a contact may not be written to."""

from dataclasses import dataclass
from typing import Literal

Channel = Literal["email", "sms", "whatsapp", "call"]
Purpose = Literal["service", "promotional"]  # what people consent to
MessagePurpose = Purpose | Literal["transactional"]


@dataclass(frozen=True, slots=True)
class Contact:
    """A recipient: an e-mail address or an E.164 number, and the customer when known."""

    contact: str
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Why a contact may not be written to. `reason`: opted_out, no_opt_in, suppressed, dnc.

    Of an entry of the registry: its number, where it comes from, and whether an override may be asked for.
    """

    reason: str
    message: str
    dnc_id: int | None = None
    dnc_source: str | None = None
    dnc_type: str | None = None
    override_allowed: bool = False
