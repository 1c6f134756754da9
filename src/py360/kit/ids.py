"""Display codes: what people and JSON see (`campaign-456`), and the integer key behind them.

Paths take the code or the bare integer (domain reference, section 2).
"""

from typing import Final

from py360.kit.errors import NotFound

PREFIXES: Final = {
    "upload": "upload-",
    "campaign": "campaign-",
    "template": "template-",
    "audience": "audience-",
    "case": "CASE-",
    "customer": "CUST-",
    "notification": "notif-",
    "dnc": "DNC-",
    "override": "OVERRIDE-",
    "invoice": "INV-",
    "payment": "pay-",
    "outstanding": "due-",
    "mandate": "mandate-",
    "file": "file-",
    "client": "CLIENT-",
    "email": "email-msg-",
    "sms": "sms-msg-",
    "whatsapp": "wa-msg-",
    "call": "call-",
    "contact": "contact-",
    "mail": "EMAIL-",
    "bulk_mail": "BULK",
    "channel": "ch-",
}
MESSAGE_KINDS: Final = ("email", "sms", "whatsapp", "call")


def code(kind: str, number: int) -> str:
    """The display code of a record: `code("campaign", 456)` is `campaign-456`."""
    return f"{PREFIXES[kind]}{number}"


def number(kind: str, text: str | int) -> int:
    """The integer key behind a display code or a bare integer.

    Raises NotFound, naming the code, when it is neither: to the caller, a malformed code is a record that does not exist.
    """
    if isinstance(text, int):
        return text
    found = _key(text, kind)
    if found is None:
        raise NotFound(f"There is no {kind} “{text[:60]}”.")
    return found


def message_number(text: str) -> int | None:
    """The ledger key behind `wa-msg-1`, `sms-msg-2`, `email-msg-3`, `call-4` or a bare integer; None when it is none of them."""
    return _key(text, *MESSAGE_KINDS)


def bare_number(text: str) -> int | None:
    """The integer that a text is; None for anything else, a display code too."""
    return _key(text)


def _key(text: str, *kinds: str) -> int | None:
    prefixes = (PREFIXES[kind] for kind in kinds if text.lower().startswith(PREFIXES[kind].lower()))
    bare = text[len(next(prefixes, "")) :]
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= 18 else None
