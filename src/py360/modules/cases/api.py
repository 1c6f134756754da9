"""What other modules may call."""

from py360.modules.cases.bulk import open
from py360.modules.cases.contacting import note_contacts
from py360.modules.cases.lifecycle import Paid, partly_paid, refunded, settle
from py360.modules.cases.statuses import status_code
from py360.modules.cases.taking_back import take_back

__all__ = ["Paid", "note_contacts", "open", "partly_paid", "refunded", "settle", "status_code", "take_back"]
