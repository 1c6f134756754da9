"""What a customer may be offered for a case: ways to pay, and products they do not hold (domain reference, 6.5)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from typing_extensions import TypedDict

from py360.kit.caller import Caller, reach_filter
from py360.kit.reads import Reads
from py360.kit.wire import Amount
from py360.modules.cases.queries.reach import case_not_found

QUARTERLY_DISCOUNT: Final = 2  # percent
ANNUAL_DISCOUNT: Final = 5
FUNDING_RATE: Final = Decimal("3.5")  # percent a year, from
MULTI_POLICY_DISCOUNT: Final = 15
BUNDLE_DISCOUNT: Final = 25  # up to
BUNDLE_POLICIES: Final = 3

_CASE: Final = """
select c.case_number, coalesce(c.renewal_amount, p.premium_amount) as premium, lower(p.policy_type) as policy_type,
  array(select distinct lower(o.policy_type) from policies o where o.customer_id = c.customer_id and o.status = 'active') as held,
  (select count(*) from policies o where o.customer_id = c.customer_id and o.status = 'active') as policies
from renewal_cases c join policies p on p.id = c.policy_id
where c.id = %(id)s and {within}
"""
_PRODUCTS: Final = """
select name, coalesce(description, '') as description, base_premium from customers_public_policy_type order by name
"""
# What goes with what: the line renewed, and the lines that its holders most need beside it.
_BESIDE: Final = {
    "motor": ("health", "home"), "home": ("motor", "health"), "health": ("life", "motor"), "life": ("health", "home"),
    "travel": ("health",), "commercial": ("health", "motor"),
}  # fmt: skip


class PaymentOptionView(TypedDict):
    """A way to pay the premium; `amount` is one instalment, `total` all of them, in INR."""

    type: str
    name: str
    amount: Amount
    instalments: int
    total: Amount
    discountPercent: int
    saving: Amount
    interestRateFrom: float | None
    description: str


class ProductOfferView(TypedDict):
    """A product that the customer does not hold."""

    product: str
    description: str
    basePremium: Amount | None
    tags: list[str]
    discountPercent: int
    discountNote: str


class OffersView(TypedDict):
    """What the customer of a case may be offered."""

    caseId: str
    premium: Amount
    paymentOptions: list[PaymentOptionView]
    products: list[ProductOfferView]


@dataclass(frozen=True, slots=True)
class _Case:
    case_number: str
    premium: Decimal
    policy_type: str
    held: list[str]
    policies: int


@dataclass(frozen=True, slots=True)
class _Product:
    name: str
    description: str
    base_premium: Decimal | None


async def offers(reads: Reads, caller: Caller, case_id: int) -> OffersView:
    """The ways to pay the case's amount, and the products beside it; raises NotFound."""
    within, params = reach_filter(caller)
    case = await reads.fetch_one(_Case, _CASE.format(within=within), {**params, "id": case_id})
    if case is None:
        raise case_not_found(case_id)
    products = await reads.fetch_all(_Product, _PRODUCTS)
    return {
        "caseId": case.case_number,
        "premium": case.premium,
        "paymentOptions": payment_options(case.premium),
        "products": [_offer(case, product) for product in products if product.name.lower() not in case.held],
    }


def payment_options(premium: Decimal) -> list[PaymentOptionView]:
    """Ways to pay a premium (INR). An instalment is rounded to whole rupees, and the total is what is then really paid."""
    return [
        _option("emi", "Monthly EMI", premium, 12, 0, "Twelve equal instalments without a charge"),
        _option("quarterly", "Quarterly", premium, 4, QUARTERLY_DISCOUNT, "Four instalments, 2 % off"),
        _option("annual", "Annual", premium, 1, ANNUAL_DISCOUNT, "One payment, 5 % off"),
        {
            "type": "premium_funding",
            "name": "Premium funding",
            "amount": premium,
            "instalments": 1,
            "total": premium,
            "discountPercent": 0,
            "saving": Decimal(0),
            "interestRateFrom": float(FUNDING_RATE),
            "description": "A lender pays the premium; interest from 3.5 % a year is the lender's",
        },
    ]


def _option(
    type: str, name: str, premium: Decimal, instalments: int, discount: int, description: str
) -> PaymentOptionView:
    share = premium * (100 - discount) / 100 / instalments
    amount = share.quantize(Decimal(1), ROUND_HALF_UP)
    total = amount * instalments
    return {
        "type": type,
        "name": name,
        "amount": amount,
        "instalments": instalments,
        "total": total,
        "discountPercent": discount,
        "saving": max(premium - total, Decimal(0)),
        "interestRateFrom": None,
        "description": description,
    }


def _offer(case: _Case, product: _Product) -> ProductOfferView:
    bundle = case.policies + 1 >= BUNDLE_POLICIES
    recommended = product.name.lower() in _BESIDE.get(case.policy_type, ())
    return {
        "product": product.name.capitalize(),
        "description": product.description,
        "basePremium": product.base_premium,
        "tags": [*(["Recommended"] if recommended else []), "Bundle" if bundle else "Multi-policy"],
        "discountPercent": BUNDLE_DISCOUNT if bundle else MULTI_POLICY_DISCOUNT,
        "discountNote": "Bundle discount of up to 25 %" if bundle else "Multi-policy discount of 15 %",
    }
