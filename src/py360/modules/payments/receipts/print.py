"""The receipt of a payment as a PDF: who paid what for which policy, how much of it is GST, and the amount in words.

A premium's amount includes its GST (the rate is the office's setting, by the line of business); the receipt says how much that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from fpdf import FPDF

from py360.kit.caller import Caller, reach_filter
from py360.kit.clock import INDIA
from py360.kit.errors import Conflict, NotFound
from py360.kit.ids import code
from py360.kit.money import CENT, format_inr
from py360.kit.pdf import FONTS, LATIN, SCRIPTS
from py360.kit.reads import Reads
from py360.modules.payments.receipts.words import in_words
from py360.modules.settings import api as settings

LIFE_AND_HEALTH: Final = frozenset({"life", "health"})
_PAYMENT: Final = """
select p.id, p.client_id, p.captured_amount, p.refunded_amount, p.method, p.gateway, p.captured_at,
  coalesce(p.gateway_payment_id, p.reference, '') as reference, c.case_number, c.policy_number, c.policy_type, c.product_name,
  k.full_name as customer, k.customer_code, i.client_name as insurer
from payments p join cases_public_case c on c.id = p.case_id join customers_public_contact k on k.id = p.customer_id
join identity_public_client i on i.id = p.client_id
where p.id = %(id)s and {reach}
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says."""

    id: int
    client_id: int
    captured_amount: Decimal
    refunded_amount: Decimal
    method: str | None
    gateway: str
    captured_at: datetime | None
    reference: str
    case_number: str
    policy_number: str
    policy_type: str
    product_name: str | None
    customer: str
    customer_code: str
    insurer: str

    @property
    def number(self) -> str:
        """Its number: the payment's."""
        return f"RCPT-{self.id}"


@dataclass(frozen=True, slots=True)
class Tax:
    """How much of an amount is GST (INR)."""

    percent: Decimal
    taxable: Decimal
    gst: Decimal


def tax_in(amount: Decimal, percent: Decimal) -> Tax:
    """The GST that an amount includes, to the paisa; taxable value and GST come to the amount."""
    taxable = (amount * 100 / (100 + percent)).quantize(CENT, ROUND_HALF_UP)
    return Tax(percent, taxable, amount - taxable)


async def receipt(reads: Reads, caller: Caller, payment_id: int) -> tuple[str, bytes]:
    """The name and the PDF of a payment's receipt. Raises NotFound, and Conflict (`not_received`) before money came in."""
    reach, params = reach_filter(caller, "c")
    found = await reads.fetch_one(Receipt, _PAYMENT.format(reach=reach), {**params, "id": payment_id})
    if found is None:
        raise NotFound(f"There is no payment pay-{payment_id} within your reach.")
    if found.captured_amount <= 0 or found.captured_at is None:
        raise Conflict(
            f"{code('payment', payment_id)} has brought no money yet: there is no receipt.", code="not_received"
        )
    office = await settings.get(reads, found.client_id, settings.Payments)
    life = found.policy_type.casefold() in LIFE_AND_HEALTH
    tax = tax_in(found.captured_amount, office.gst_percent_life_health if life else office.gst_percent)
    return f"{found.number}.pdf", _draw(found, _rows(found, tax, office.gst_number))


def _rows(found: Receipt, tax: Tax, gst_number: str) -> list[tuple[str, str]]:
    assert found.captured_at is not None
    rows = [
        ("Receipt", found.number),
        ("Received on", f"{found.captured_at.astimezone(INDIA):%d/%m/%Y}"),
        ("Received from", f"{found.customer} ({found.customer_code})"),
        ("Policy", f"{found.policy_number} {found.product_name or ''}".strip()),
        ("Case", found.case_number),
        ("Paid by", (found.method or found.gateway).replace("_", " ")),
        ("Reference", found.reference),
        ("Premium without GST", format_inr(tax.taxable)),
        (f"GST at {tax.percent.normalize():f} %", format_inr(tax.gst)),
        ("Amount received", format_inr(found.captured_amount)),
        ("In words", in_words(found.captured_amount)),
    ]
    if found.refunded_amount:
        rows.append(("Refunded since", format_inr(found.refunded_amount)))
    if gst_number:
        rows.append(("GSTIN", gst_number))
    return [(name, text) for name, text in rows if text]


def _draw(found: Receipt, rows: Sequence[tuple[str, str]]) -> bytes:
    page = FPDF(format="A4")
    page.set_creation_date(found.captured_at)
    texts = "".join(text for _, text in rows) + found.insurer
    others = [
        LATIN + script for script, (first, last) in SCRIPTS.items() if any(first <= ord(sign) <= last for sign in texts)
    ]
    for font in (LATIN, *others):
        page.add_font(font, fname=FONTS / f"{font}.ttf")
    page.set_fallback_fonts(others)
    page.set_margin(14)
    page.add_page()
    page.set_text_shaping(use_shaping_engine=not texts.isascii())
    page.set_font(LATIN, size=14)
    page.cell(page.epw, 10, f"{found.insurer} - premium receipt", new_x="LMARGIN", new_y="NEXT")
    page.set_font(LATIN, size=9.5)
    for name, text in rows:
        page.cell(45, 7, name)
        page.multi_cell(page.epw - 45, 7, text, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())
