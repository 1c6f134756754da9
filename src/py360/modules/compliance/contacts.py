"""How addresses are compared: e-mail in lower case, phone numbers in E.164 (India unless they say otherwise)."""

import re
from functools import lru_cache
from typing import Final

import phonenumbers

from py360.kit.addresses import mailbox

HOME_REGION: Final = "IN"
_E164_INDIA = re.compile(r"\+91[6-9]\d{9}\Z")


def contact_key(channel: str, contact: str) -> str:
    """The form under which an address is stored and compared; something unreadable stays as it is."""
    if channel == "email":
        return (contact.strip() if contact.isascii() else mailbox(contact) or contact.strip()).lower()
    return contact if _E164_INDIA.match(contact) else (phone_key(contact) or contact.strip())


@lru_cache(maxsize=4096)
def phone_key(phone: str) -> str | None:
    """A phone number in E.164, or None when it is none or several. `09876543210` and `98765 43210` are Indian."""
    if ";" in phone and not phone.strip().lower().startswith("tel:"):
        return None  # the library takes what is behind it for a parameter
    try:
        number = phonenumbers.parse(phone, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def writable(channel: str, contact: str) -> str | None:
    """The address in its stored form when a message can go there, else None."""
    if channel == "email":
        return mailbox(contact)
    return contact if _E164_INDIA.match(contact) else phone_key(contact)
