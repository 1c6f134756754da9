"""What other modules may call."""

from py360.modules.compliance.admission import Block, Channel, Contact, Purpose, admissible
from py360.modules.compliance.contacts import contact_key, writable
from py360.modules.compliance.stops import (
    DncHit,
    Suppression,
    has_opted_out,
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
    "Purpose",
    "Suppression",
    "admissible",
    "contact_key",
    "has_opted_out",
    "note_dnc_blocks",
    "opt_in",
    "opt_out",
    "suppress",
    "writable",
]
