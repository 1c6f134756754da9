"""What other modules may call."""

from py360.modules.cases.bulk import open, undo_import
from py360.modules.cases.queries.reach import file_entity
from py360.modules.cases.service.contact import note_contacts
from py360.modules.cases.service.history import note
from py360.modules.cases.service.lifecycle import Paid, note_payment, partly_paid, refunded, settle
from py360.modules.cases.statuses import LABELS, status_code
from py360.modules.cases.vendors.twilio_voice import check as check_voice

__all__ = [
    "LABELS",
    "Paid",
    "check_voice",
    "file_entity",
    "note",
    "note_contacts",
    "note_payment",
    "open",
    "partly_paid",
    "refunded",
    "settle",
    "status_code",
    "undo_import",
]
