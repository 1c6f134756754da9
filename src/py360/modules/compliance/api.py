"""What other modules may call."""

from py360.modules.compliance.contacts import contact_key, writable
from py360.modules.compliance.models import Block, Channel, Contact, Purpose
from py360.modules.compliance.service.admit import admissible
from py360.modules.compliance.service.consent import has_opted_out, opt_in, opt_out
from py360.modules.compliance.service.note_blocked import DncHit, note_dnc_blocks
from py360.modules.compliance.service.suppress import Suppression, SuppressionReason, suppress

__all__ = [
    "Block",
    "Channel",
    "Contact",
    "DncHit",
    "Purpose",
    "Suppression",
    "SuppressionReason",
    "admissible",
    "contact_key",
    "has_opted_out",
    "note_dnc_blocks",
    "opt_in",
    "opt_out",
    "suppress",
    "writable",
]
