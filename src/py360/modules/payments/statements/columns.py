"""Which columns a bank's or a gateway's file has, and what its cells mean."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from py360.kit.clock import INDIA

Aliases = Mapping[str, tuple[str, ...]]

# As Indian banks head their statements.
BANK: Final[Aliases] = {
    "date": ("value date", "transaction date", "txn date", "date", "posting date", "tran date"),
    "credit": ("credit", "credit amount", "deposit", "deposit amount", "deposits", "amount"),
    "debit": ("debit", "debit amount", "withdrawal", "withdrawal amount", "withdrawals"),
    # whether the amount of the row came in or went out, where a statement has one column of amounts
    "side": ("dr cr", "cr dr", "dr or cr", "cr or dr", "debit credit", "credit debit", "transaction type", "txn type", "type", "indicator"),
    "reference": (
        "utr", "utr number", "reference", "reference number", "ref number", "chq ref number", "cheque number",
        "transaction id", "txn id",
    ),
    "narration": ("narration", "description", "particulars", "remarks", "transaction remarks", "details"),
    "policy": ("policy number", "case id", "case number", "case"),
}  # fmt: skip
# Razorpay's settlement recon report, and Stripe's payout reconciliation report.
SETTLEMENT: Final[Aliases] = {
    "entity": ("entity id", "source id", "charge id", "payment id"),
    "kind": ("transaction entity", "type", "reporting category", "entity"),
    "amount": ("amount", "gross"),
    "fee": ("fee",),  # the tax on it included
    "tax": ("tax",),
    "settlement": ("settlement id", "automatic payout id", "payout id"),
    "utr": ("settlement utr", "utr", "trace id", "bank reference"),
    "date": ("settled at", "settled on", "automatic payout effective at", "available on", "date"),
}
KINDS: Final = {"payment": "payment", "charge": "payment", "refund": "refund", "dispute": "dispute"}
_CURRENCY: Final = re.compile(r"^(?:₹|inr|rs\.?)\s*|\s*(?:₹|inr|rs\.?)$", re.IGNORECASE)
_WENT_OUT: Final = re.compile(r"d|dr\.?|debit(?:ed)?|withdraw(?:al|n)|wdl?", re.IGNORECASE)
_SIDE: Final = re.compile(r"\s*\(?(cr|dr)\.?\)?$", re.IGNORECASE)
_AMOUNT: Final = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3})(?:\.[0-9]*)?")
_FORMATS: Final = (
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%Y-%m-%d",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d/%m/%y",
    "%d-%m-%y",
    "%d-%b-%y",
)
_ZONED: Final = re.compile(r"[0-9]{2}:[0-9]{2}.*(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
_POINT_ZERO: Final = re.compile(r"[0-9]+\.0+")
_CUT_SHORT: Final = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]{1,2}", re.IGNORECASE)
_SERIAL: Final = re.compile(r"[1-9][0-9]{4}(\.[0-9]+)?")
_EPOCH: Final = date(1899, 12, 30)  # day 0 of workbooks
_WORDS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_-]{3,59}")
MOST_WORDS: Final = 20
MOST: Final = 10**10  # rupees, not reached by any payment


def every(aliases: Aliases) -> frozenset[str]:
    """Every heading that a column may have."""
    return frozenset(name for names in aliases.values() for name in names)


def cell(row: Mapping[str, str], aliases: Aliases, column: str) -> str:
    """The text of a row's column; empty when it has none."""
    return next((text for name in aliases[column] if (text := row.get(name, ""))), "")


def money(text: str) -> Decimal | None:
    """`₹1,25,000.50` or `500.00 Cr`; what went out (`500.00 Dr`) is negative; None for what is no amount.

    Raises ValueError for more than two decimals, and for a text that may be two amounts.
    """
    side = _SIDE.search(text.strip())
    bare = _CURRENCY.sub("", _SIDE.sub("", text.strip()).strip())
    if bare in ("", "-"):
        return None
    if not _AMOUNT.fullmatch(bare):
        if sum(map(str.isdigit, bare)) > 0 and not any(map(str.isalpha, bare)):
            raise ValueError(f"“{text[:40]}” is not one amount")
        return None
    amount = Decimal(bare.replace(",", ""))
    if abs(amount) >= MOST or amount != amount.quantize(Decimal("0.01")):
        raise ValueError(f"“{text[:40]}” is not an amount in rupees and paise")
    went_out = side is not None and side[1].lower() == "dr"
    return (-abs(amount) if went_out else amount).quantize(Decimal("0.01"))


def went_out(side: str) -> bool:
    """Whether a statement's column says that the amount was debited: D, DR, Debit, Withdrawal."""
    return _WENT_OUT.fullmatch(side.strip()) is not None


def day(text: str) -> date | None:
    """The day in India that a cell names, in the forms that banks write; None for none. Days come before months."""
    if _ZONED.search(text):
        try:
            return datetime.fromisoformat(text.strip()).astimezone(INDIA).date()
        except ValueError:
            return None
    bare = text.strip().partition("T")[0]
    bare = bare.partition(" ")[0] if re.match(r"[0-9]{2,4}[/.-]", bare) else bare
    for form in _FORMATS:
        try:
            return datetime.strptime(bare, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return _EPOCH + timedelta(days=int(float(bare))) if _SERIAL.fullmatch(bare) else None


def reference(text: str) -> str:
    """A bank's reference in one spelling: without spaces, marks that nobody sees, and what programs put around a number.

    Raises ValueError for one that a spreadsheet program has cut short: two payments would have the same.
    """
    seen = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")
    bare = "".join(seen.split()).lstrip("=").strip("'\"")
    bare = bare.partition(".")[0] if _POINT_ZERO.fullmatch(bare) else bare
    if _CUT_SHORT.fullmatch(bare):
        raise ValueError(
            f"a spreadsheet program has cut its reference “{text[:40]}” short; format the column as text and export it again"
        )
    return bare


def words(*texts: str) -> list[str]:
    """What may be a policy's or a case's number in a narration."""
    found = dict.fromkeys(word for text in texts for word in _WORDS.findall(text[:500]))
    parts = [part for word in found for part in re.split(r"[/_]", word) if len(part) > 3]
    return list(dict.fromkeys([*found, *parts]))[:MOST_WORDS]


def names(headings: Collection[str], aliases: Aliases, needed: Collection[str]) -> list[str]:
    """The needed columns that a file lacks."""
    return [column for column in needed if not any(name in headings for name in aliases[column])]
