"""The variables of templates: one catalogue, and how values are written.

Domain reference, section 13.2: names match whatever their case, spaces and underscores; dates are dd-MMM-yyyy and money has
Indian grouping. `compiler/syntax.py` reads their five spellings in texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from py360.kit.clock import INDIA

Value = str | int | float | Decimal | date | datetime | None  # of a variable, before it is written as text


@dataclass(frozen=True, slots=True)
class Variable:
    """A name templates may use: what it says, an example for previews, and its other names."""

    name: str
    description: str
    sample: str
    aliases: tuple[str, ...] = ()


_VARIABLES: Final = (
    Variable("customer_name", "Full name of the customer", "Asha Rao", ("name", "userName", "clientName")),
    Variable("first_name", "First name of the customer", "Asha", ("customerFirstName",)),
    Variable("company_name", "The insurer or office that writes", "Demo Insurance", ("insurer", "clientCompany")),
    Variable("policy_number", "Number of the policy", "POL12345", ("policyNo", "policyId")),
    Variable("policy_type", "Kind of policy", "Private Car", ("policyName", "productType")),
    Variable("product_name", "Product of the insurer", "Motor Package Policy", ("product", "planName")),
    Variable("coverage", "Sum insured", "₹5,00,000", ("sumInsured", "coverageAmount")),
    Variable("start_date", "First day of the policy period", "16-Dec-2025", ("effectiveDate", "policyStartDate")),
    Variable(
        "expiry_date", "Last day of the policy period", "15-Dec-2026", ("endDate", "expirationDate", "policyEndDate")
    ),
    Variable("due_date", "Day on which the renewal is due", "15-Dec-2026", ("renewalDate", "paymentDueDate")),
    Variable(
        "renewal_amount",
        "Amount left to pay for the renewal",
        "₹12,500",
        ("amount", "amountDue", "premiumAmount", "newPremium", "renewalPremium", "premium"),
    ),
    Variable("current_premium", "Premium of the running period", "₹11,800", ("lastPremium", "oldPremium")),
    Variable(
        "payment_link",
        "Signed link to the payment page",
        "https://example.com/pay/sample",
        ("link", "renewalLink", "url", "paymentUrl", "payLink"),
    ),
    Variable("grace_days", "Days of grace after the due date", "30", ("gracePeriod", "gracePeriodDays")),
    Variable("support_phone", "Number the customer can call", "1800-000-000", ("phone", "contactNumber", "helpline")),
    Variable("agent_name", "Agent who looks after the customer", "Ravi Kumar", ("agent", "advisorName")),
    Variable("branch", "Branch of the policy", "Pune", ("branchName",)),
    Variable("payment_amount", "Amount that was paid", "₹12,500", ("amountPaid", "paidAmount")),
    Variable("payment_date", "Day of the payment", "24-Nov-2026", ("paidDate",)),
    Variable("payment_method", "How it was paid", "UPI", ("paymentMode",)),
    Variable("receipt_number", "Number of the receipt", "RCPT-1001", ("receiptNo", "paymentReference", "reference")),
    Variable("quote_expiry", "Last day of the quotation", "05-Dec-2026", ("quoteValidUntil",)),
    Variable("claim_number", "Number of the claim", "CLM-2026-001", ("claimNo", "claimId")),
    Variable("claim_status", "State of the claim", "under review", ("status",)),
    Variable("loss_date", "Day of the loss", "02-Nov-2026"),
    Variable("update_message", "News about the claim", "Our surveyor will visit you on Monday."),
    Variable("next_steps", "What happens next", "Please keep your RC and licence at hand."),
    Variable("adjuster_name", "Surveyor of the claim", "Meera Iyer", ("surveyorName",)),
    Variable("adjuster_phone", "Phone of the surveyor", "+91 98200 00000"),
    Variable("adjuster_email", "E-mail of the surveyor", "surveyor@example.com"),
    Variable("documents", "Documents asked for or enclosed", "RC copy, last policy", ("documentName", "documentType")),
    Variable("subject", "Subject of the message this answers", "Your question"),
    Variable("date", "Today", "24-Nov-2026", ("today", "currentDate")),
    Variable("unsubscribe_link", "Link that stops these messages", "https://example.com/stop/sample", ("unsubscribe",)),
)
CATALOGUE: Final[Mapping[str, Variable]] = {variable.name: variable for variable in _VARIABLES}


def fold(name: str) -> str:
    """A name without case, spaces, hyphens and underscores."""
    return name.replace("_", "").replace(" ", "").replace("-", "").lower()


_BY_FOLDED: Final = {fold(spelling): v.name for v in _VARIABLES for spelling in (v.name, *v.aliases)}


def canonical(name: str) -> str | None:
    """The catalogue's name for any spelling, or None."""
    return _BY_FOLDED.get(fold(name))


def fold_values(values: Mapping[str, Value]) -> dict[str, Value]:
    """Values under the catalogue's names, whatever spelling they came in; names nobody knows are left out."""
    found = {}
    for name, value in values.items():
        if known := (name if name in CATALOGUE else canonical(name)):
            found[known] = value
    return found


def group_inr(amount: Decimal) -> str:
    """`₹1,25,000` or `₹1,25,000.50`: Indian grouping, paise only when there are any.

    Beside kit.money.format_inr because babel takes 40 us, and a campaign writes an amount in every message.
    """
    whole, _, paise = f"{abs(amount):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    while head:
        tail = f"{head[-2:]},{tail}"
        head = head[:-2]
    return f"{'-' if amount < 0 else ''}₹{tail}" + ("" if paise == "00" else f".{paise}")


@lru_cache(maxsize=4096)
def write_date(day: date) -> str:
    """`15-Dec-2026`."""
    return day.strftime("%d-%b-%Y")


def write(value: Value) -> str:
    """A value as a reader sees it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return group_inr(value)
    if isinstance(value, datetime):
        return write_date(value.astimezone(INDIA).date())
    if isinstance(value, date):
        return write_date(value)
    return str(value)


def write_text(name: str, value: str) -> str:
    """A value that came as text through the API: an ISO date under a date's name is written as people read it."""
    if name.endswith(("_date", "expiry")) and len(value) == len("2026-12-15"):
        try:
            return write_date(date.fromisoformat(value))
        except ValueError:
            return value
    return value


def texts(values: Mapping[str, Value], names: Sequence[str]) -> dict[str, str]:
    """The named values as texts. A blank one is left out: it is missing, so that a template's `default()` stands in for it."""
    found: dict[str, str] = {}
    for name in names:
        value = values.get(name)
        text = value if type(value) is str else write(value)
        if text and not text.isspace():
            found[name] = text
    return found


def samples() -> dict[str, str]:
    """Sample values of the whole catalogue, for previews."""
    return {variable.name: variable.sample for variable in _VARIABLES}
