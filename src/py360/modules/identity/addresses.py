"""E-mail addresses that people sign in with: what the syntax allows, in lower case.

Offices use networks of their own, so `.local`, `.test` and other names that the public internet does not know are taken.
"""

from typing import Final

from email_validator import EmailNotValidError, validate_email

from py360.kit.errors import Invalid

MAX_LENGTH: Final = 255
_PRIVATE: Final = frozenset({"local", "test", "internal", "lan", "home", "corp", "localdomain", "localhost"})
_PUBLIC: Final = ".com"


def clean_email(text: str) -> str:
    """The address as it is stored; raises ValueError when it is none."""
    text = text.strip()
    # The library knows only public names: a private one is checked as if it stood below a public one.
    private = text.rpartition("@")[2].rpartition(".")[2].lower() in _PRIVATE
    try:
        found = validate_email(text + _PUBLIC if private else text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError("value is not a valid email address") from error
    address = found.removesuffix(_PUBLIC).lower() if private else found.lower()
    if len(address) > MAX_LENGTH:
        raise ValueError(f"may have at most {MAX_LENGTH} characters")
    return address


def as_stored(text: str) -> str:
    """An address that somebody typed to be recognised, in the spelling in which it would be stored; what is none stays as it is."""
    try:
        return clean_email(text)
    except ValueError:
        return text.strip().lower()


def check_email(text: str) -> str:
    """As `clean_email`, for callers that no form has checked; raises Invalid."""
    try:
        return clean_email(text)
    except ValueError as error:
        raise Invalid(
            f"“{text[:100]}” is not an e-mail address. Give one such as name@example.com.",
            code="bad_email",
            details=[{"field": "email", "message": "must be an e-mail address such as name@example.com"}],
        ) from error
