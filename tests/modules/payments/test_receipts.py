"""The receipt of a payment: a PDF with GST and the amount in Indian words."""

import io
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from py360.modules.payments.receipts.print import tax_in
from py360.modules.payments.receipts.words import in_words
from tests.modules.conftest import AsRole
from tests.modules.payments.conftest import MakeCase, rows


async def paid(client: httpx.AsyncClient, case: Any, amount: float) -> str:
    answer = await client.post(f"/api/cases/{case.number}/payments", json={"amount": amount, "method": "cash"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["paymentId"])


def text_of(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return " ".join(PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().split())


async def test_a_receipt_says_what_is_gst_and_the_amount_in_words(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase
) -> None:
    await as_admin.put("/api/settings/payments", json={"gstNumber": "27ABCDE1234F1Z5"})
    case = await make_case()
    payment = await paid(as_admin, case, 118_000.50)
    answer = await as_admin.get(f"/api/payments/{payment}/receipt")
    text = text_of(answer)
    assert 'filename="RCPT-' in answer.headers["content-disposition"]
    for words in (
        "Asha Rao", case.policy_number, "₹1,18,000.50", "₹1,00,000.42", "₹18,000.08", "GST at 18 %", "27ABCDE1234F1Z5",
        "Rupees One Lakh Eighteen Thousand and Fifty Paise Only", "24/11/2026",
    ):  # fmt: skip
        assert words in text, (words, text)


async def test_no_gst_is_in_a_health_premium(as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase) -> None:
    case = await make_case("1000")
    await rows("update policies set policy_type = 'Health' where policy_number = %(number)s", number=case.policy_number)
    text = text_of(await as_admin.get(f"/api/payments/{await paid(as_admin, case, 1000)}/receipt"))
    assert "GST at 0 % ₹0.00" in text


async def test_there_is_no_receipt_before_the_money_and_for_others(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    case = await make_case("300000")
    body = {"amount": 250_000, "method": "bank_transfer"}
    taken = (await as_admin.post(f"/api/cases/{case.number}/payments", json=body)).json()["data"]
    early = await as_admin.get(f"/api/payments/{taken['paymentId']}/receipt")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_received")
    agent = await as_role("agent")
    assert (await agent.get(f"/api/payments/{taken['paymentId']}/receipt")).status_code == 404


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "Rupees Zero Only"),
        ("0.05", "Rupees Zero and Five Paise Only"),
        ("19", "Rupees Nineteen Only"),
        ("21.50", "Rupees Twenty-One and Fifty Paise Only"),
        ("100", "Rupees One Hundred Only"),
        ("1234567.89", "Rupees Twelve Lakh Thirty-Four Thousand Five Hundred Sixty-Seven and Eighty-Nine Paise Only"),
        ("10000000", "Rupees One Crore Only"),
        ("12345000000", "Rupees One Thousand Two Hundred Thirty-Four Crore Fifty Lakh Only"),
    ],
)
def test_amounts_in_indian_words(amount: str, words: str) -> None:
    assert in_words(Decimal(amount)) == words


@given(st.decimals(0, 10**9, places=2), st.decimals(0, 40, places=2))
def test_tax_and_taxable_come_to_the_amount(amount: Decimal, percent: Decimal) -> None:
    tax = tax_in(amount, percent)
    assert tax.taxable + tax.gst == amount
    assert abs(tax.taxable * percent / 100 - tax.gst) <= Decimal("0.01")
