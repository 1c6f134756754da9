"""Words, money, dates, SMS parts, headers: the small rules."""

import email
import email.policy
import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from babel.numbers import format_currency
from hypothesis import given, settings
from hypothesis import strategies as st

from py360.modules.messaging.engagement.keywords import meaning
from py360.modules.messaging.messages import Admitted, Outgoing
from py360.modules.messaging.vendors.headers import text_header
from py360.modules.messaging.vendors.mime import Skeleton, ledger_number
from py360.modules.providers.api import ProviderAccount, SmtpSettings
from py360.modules.templates.api import Template
from py360.modules.templates.compiler import compile
from py360.modules.templates.compiler.syntax import unify
from py360.modules.templates.sms import segments
from py360.modules.templates.variables import group_inr, write

SENDER = SmtpSettings(host="mail.b.in", port=25, from_email="a@b.in", from_name="Asha & Söhne")
ACCOUNT = ProviderAccount(1, 1, "email", "smtp", "x", True, SENDER)


@pytest.mark.parametrize(
    "text", ["STOP", "stop.", " Stop! ", "बंद", "रोको", "নিল বন্ধ"[4:], "நிறுத்து", "ఆపు", "opt out", "Unsubscribe"]
)
def test_stop_in_many_languages(text: str) -> None:
    assert meaning(text) == "stop"


@pytest.mark.parametrize("text", ["when does my policy end?", "please don't stop my cover", "", "👍", "start"])
def test_a_sentence_is_no_stop(text: str) -> None:
    assert meaning(text) != "stop"


@settings(deadline=None)
@given(st.decimals(min_value=Decimal("-9999999999.99"), max_value=Decimal("9999999999.99"), places=2))
def test_money_is_grouped_as_babel_does(amount: Decimal) -> None:
    expected = format_currency(amount, "INR", locale="en_IN").replace("\xa0", "")
    assert group_inr(amount) == expected.removesuffix(".00")


def test_values_are_written_as_people_read_them() -> None:
    assert write(Decimal("125000.50")) == "₹1,25,000.50"
    assert write(date(2026, 12, 5)) == "05-Dec-2026"
    assert write(None) == ""


def test_the_five_spellings() -> None:
    source = unify("{{CustomerName}} {customer_name} [Payment Link] {{ premiumAmount }} [Reply STOP] p{color:red}")
    assert source.variables == ("customer_name", "payment_link", "renewal_amount")
    assert source.text.endswith("[Reply STOP] p{color:red}")


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("€" * 80, "GSM-7", 1),
        ("न" * 70, "UCS-2", 1),
        ("न" * 71, "UCS-2", 2),
    ],
)
def test_sms_parts(text: str, encoding: str, parts: int) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.parts) == (encoding, parts)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_a_header_survives_any_text_on_lines_of_its_own(text: str) -> None:
    raw = f"{text_header('Subject', text)}\r\nX-After: here\r\n\r\n".encode()
    assert len(max(raw.split(b"\r\n"), key=len)) < 998
    parsed = email.message_from_bytes(raw)
    assert parsed["X-After"] == "here"
    assert len(parsed.keys()) == 2
    if not text.isascii():
        decoded = str(email.header.make_header(email.header.decode_header(parsed["Subject"])))
        cleaned = "".join(" " if unicodedata.category(each) == "Cc" else each for each in text)
        assert decoded == " ".join(cleaned.split())


def mail(
    content: str, values: dict[str, object], format: str = "html", subject: str = "Hi {name}"
) -> email.message.EmailMessage:
    template = Template(1, 1, "t", "email", "renewal", subject, content, format)
    skeleton = Skeleton.of(compile(template), ACCOUNT)
    outgoing = Outgoing(1, "email", "to@example.com", template=template, values=values)
    raw = skeleton.message(Admitted(outgoing, 77), "Tue, 24 Nov 2026 09:00:00 +0000")
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) < 998
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert not parsed.defects
    assert isinstance(parsed, email.message.EmailMessage)
    return parsed


def part(parsed: email.message.EmailMessage, kind: str) -> str:
    found = parsed.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_mail_has_both_parts_and_the_headers_that_mailbox_providers_ask_for() -> None:
    parsed = mail(
        "<p>Dear {name}, <a href='{payment_link}'>pay</a>.</p>",
        {"customer_name": "आशा <b>", "payment_link": "https://pay.in/1"},
    )
    assert parsed["Subject"] == "Hi आशा <b>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/api/unsubscribe/" in parsed["List-Unsubscribe"]
    assert ledger_number(parsed["Message-ID"]) == 77
    assert "आशा &lt;b&gt;" in part(parsed, "html")
    assert "आशा <b>" in part(parsed, "plain")
    assert "/api/track/click/" in part(parsed, "html")
    assert "pay <https://pay.in/1>" in part(parsed, "plain")


def test_a_value_is_text_and_never_code() -> None:
    parsed = mail("<p>{name}</p>", {"customer_name": "{{ 7*7 }}{% raw %}<script>"})
    assert "{{ 7*7 }}{% raw %}&lt;script&gt;" in part(parsed, "html")


def test_styles_become_inline_and_scripts_go() -> None:
    content = "<style>p {color: red}</style><p onclick='x()'>Hello {name}</p>"
    html = part(mail(content, {"customer_name": "Asha"}), "html")
    assert 'style="color: red' in html
    assert "onclick" not in html


@settings(deadline=None)
@given(st.text(max_size=400), st.text(max_size=60))
def test_any_value_arrives_whole(body: str, name: str) -> None:
    parsed = mail("{{update_message}}", {"update_message": body, "customer_name": name}, format="text")
    clean = body.replace("\r\n", "\n").replace("\r", "\n")
    if clean.isprintable() or clean.replace("\n", "").isprintable():
        assert " ".join(part(parsed, "plain").split()).startswith(" ".join(clean.split()))  # spaces at a line's end go
