"""What other modules may call."""

from py360.modules.compliance.admission import (
    Block,
    Channel,
    Contact,
    MessagePurpose,
    Purpose,
    admissible,
)
from py360.modules.compliance.contacts import contact_key, phone_key, writable
from py360.modules.compliance.stops import (
    DncHit,
    Suppression,
    SuppressionReason,
    note_dnc_blocks,
    opt_in,
    opt_out,
    suppress,
)

__all__ = [
    "Block",
    "Channel",
    "Contact",
    "DncHit",
    "MessagePurpose",
    "Purpose",
    "Suppression",
    "SuppressionReason",
    "admissible",
    "contact_key",
    "note_dnc_blocks",
    "opt_in",
    "opt_out",
    "phone_key",
    "suppress",
    "writable",
]
