"""Contacts in the one form they are stored in: e-mail in lower case, phones in E.164, PAN in capitals."""

from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, StringConstraints

from py360.kit.addresses import mailbox


def clean_phone(text: str) -> str:
    """A phone number in E.164, Indian unless it says otherwise; raises ValueError with a sentence when it is none."""
    try:
        parsed = phonenumbers.parse(text, "IN")
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"“{text}” is not a phone number") from error
    if not phonenumbers.is_valid_number(parsed):
        raise ValueError(f"“{text}” is not a valid phone number")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def clean_email(text: str) -> str:
    """An e-mail address in lower case, its domain as on the wire; raises ValueError when it is none."""
    found = mailbox(text)
    if found is None:
        raise ValueError(f"“{text}” is not an e-mail address")
    return found.lower()


Phone = Annotated[str, StringConstraints(min_length=1, max_length=30), AfterValidator(clean_phone)]
Email = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(clean_email)]
Pan = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{5}[0-9]{4}[A-Za-z]$")]
