"""Letters of mail merge: one PDF per recipient (domain reference, 13.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class MergeLetter:
    """A kind of letter, and the fields that stand in it."""

    name: str
    title: str
    fields: Mapping[str, str]  # the API's name, and the label
    opening: str


LETTERS: Final[Mapping[str, MergeLetter]] = {
    "policy_certificates": MergeLetter(
        "Policy certificate",
        "Certificate of insurance",
        {
            "customerName": "Insured", "policyNumber": "Policy number", "policyType": "Type of policy",
            "effectiveDate": "In force from", "expiryDate": "Until", "premiumAmount": "Premium",
        },
        "We certify that the following policy is in force.",
    ),
    "renewal_notices": MergeLetter(
        "Renewal notice",
        "Renewal notice",
        {
            "customerName": "Customer", "policyNumber": "Policy number", "renewalDate": "Due on",
            "currentPremium": "Premium so far", "newPremium": "Premium of the next term",
        },
        "Your policy is due for renewal.",
    ),
    "payment_receipts": MergeLetter(
        "Payment receipt",
        "Receipt",
        {
            "customerName": "Received from", "policyNumber": "Policy number", "paymentAmount": "Amount",
            "paymentDate": "Paid on", "receiptNumber": "Receipt number",
        },
        "We received your payment with thanks.",
    ),
}  # fmt: skip


def write(kind: str, company: str, values: Mapping[str, str]) -> bytes:
    """The letter of one recipient as a PDF; a value that is missing is a dash."""
    from py360.kit import pdf  # takes a second to load, and few processes draw a PDF

    letter = LETTERS[kind]
    fields = [(label, values.get(name) or "—") for name, label in letter.fields.items()]
    return pdf.letter(
        letter.title, f"Dear {values.get('customerName') or 'customer'},\n{letter.opening}", fields, company
    )


def missing(kind: str, values: Mapping[str, str]) -> list[str]:
    """The fields that a recipient has no value for."""
    return [name for name in LETTERS[kind].fields if not values.get(name)]
