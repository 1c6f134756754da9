"""Which documents a claim of a type needs. The texts are what customers read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Required:
    """A document of the checklist: its kind in programs, and its name for people."""

    kind: str
    name: str


_FORM: Final = Required("claim_form", "Claim form, signed")
_IDENTITY: Final = Required("identity_proof", "Identity and address proof of the claimant")
_BANK: Final = Required("bank_details", "Cancelled cheque or bank passbook of the claimant")
_FIR: Final = Required("fir", "First information report (FIR) or police report")

CHECKLIST: Final[Mapping[str, Sequence[Required]]] = {
    "vehicle": (
        _FORM,
        Required("registration_certificate", "Registration certificate of the vehicle"),
        Required("driving_licence", "Driving licence of the driver"),
        Required("photographs", "Photographs of the damage"),
        Required("repair_estimate", "Repair estimate or invoice of the workshop"),
    ),
    "home": (
        _FORM,
        Required("photographs", "Photographs of the damage"),
        Required("repair_estimate", "Repair estimate or list of lost items with values"),
        Required("ownership_proof", "Proof of ownership or tenancy"),
    ),
    "health": (
        _FORM,
        Required("discharge_summary", "Discharge summary of the hospital"),
        Required("hospital_bills", "Hospital bills with receipts"),
        Required("prescriptions", "Prescriptions and investigation reports"),
        _BANK,
    ),
    "travel": (
        _FORM,
        Required("travel_proof", "Tickets, boarding passes and passport pages"),
        Required("expense_receipts", "Receipts of the expenses"),
    ),
    "life": (_FORM, Required("policy_document", "Original policy document"), _IDENTITY, _BANK),
    "death": (
        _FORM,
        Required("death_certificate", "Death certificate of the municipality"),
        Required("policy_document", "Original policy document"),
        Required("medical_certificate", "Medical attendant's or hospital certificate"),
        Required("nominee_identity", "Identity and relationship proof of the nominee"),
        _BANK,
    ),
    "commercial": (
        _FORM,
        Required("photographs", "Photographs of the damage"),
        Required("repair_estimate", "Repair estimate or stock statement"),
        Required("books_of_account", "Books of account that show the loss"),
    ),
}
CASHLESS: Final = (
    Required("pre_authorization_form", "Pre-authorisation form of the hospital"),
    Required("health_card", "Health card and identity proof of the patient"),
)
_WITH_POLICE: Final = ("theft", "accident", "burglary", "fire")


def required(claim_type: str, category: str | None, is_cashless: bool) -> list[Required]:
    """The checklist of a new claim: by type, for a cashless stay the hospital's form first, with a police report where the
    category names a theft, an accident, a burglary or a fire."""
    listed = list(CHECKLIST.get(claim_type, (_FORM,)))
    if is_cashless:
        listed = [*CASHLESS, *(each for each in listed if each != _BANK)]
    if category and any(word in category.lower() for word in _WITH_POLICE):
        listed.append(_FIR)
    return listed
