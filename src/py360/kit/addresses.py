"""E-mail addresses in the one form that they are kept, compared and written to in."""

import string
from typing import Final

from email_validator import EmailNotValidError, validate_email

LONGEST: Final = 254  # bytes of an address in an SMTP command (RFC 5321)
_LOCAL: Final = frozenset(string.ascii_letters + string.digits + ".!#$%&'*+/=?^_`{|}~-")
_LABEL: Final = frozenset(string.ascii_letters + string.digits + "-")


def mailbox(text: str) -> str | None:
    """A bare address that mail can be sent to, or None. Its domain is in the form of the wire (`xn--` for other scripts); a name
    before the `@` in another script stays as it is (RFC 6531).

    No quotes, comments or control characters, so that none can break an SMTP command.
    """
    bare = text.strip()
    if not bare.isascii():
        return _international(bare)
    local, at, domain = bare.rpartition("@")
    return bare if at and len(bare) <= LONGEST and _is_local(local) and _is_domain(domain) else None


def _is_local(local: str) -> bool:
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    return 1 <= len(local) <= 64 and not dots and _LOCAL.issuperset(local)


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    top = labels[-1].lower()
    return (
        len(labels) >= 2
        and all(1 <= len(each) <= 63 and _LABEL.issuperset(each) and "-" not in (each[0], each[-1]) for each in labels)
        and len(top) >= 2
        and (top.isalpha() or top.startswith("xn--"))
    )


def _international(bare: str) -> str | None:
    if len(bare) > LONGEST:
        return None
    try:
        found = validate_email(bare, check_deliverability=False)
    except EmailNotValidError:
        return None
    address = f"{found.local_part}@{found.ascii_domain}"
    return address if len(address.encode()) <= LONGEST else None
