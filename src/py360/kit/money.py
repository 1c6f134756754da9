"""Money in rupees: Decimal always, float never."""

from decimal import Decimal
from typing import Final

from babel.numbers import format_currency

LAKH: Final = Decimal(100_000)
CENT: Final = Decimal("0.01")


def format_inr(amount: Decimal) -> str:
    """`₹1,25,000.50`, in Indian grouping."""
    return format_currency(amount, "INR", locale="en_IN")


def lakh(amount: Decimal) -> str:
    """`12.3 L`: an amount in lakhs of rupees, one decimal."""
    return f"{amount / LAKH:.1f} L"


def paise(amount: Decimal) -> int:
    """Rupees as the payment gateways count them."""
    return int((amount * 100).to_integral_value())


def from_paise(amount: int) -> Decimal:
    """What a payment gateway counted, in rupees."""
    return (Decimal(amount) / 100).quantize(CENT)
