"""Problems of this module."""

from py360.kit.errors import Invalid


class BadContact(Invalid):
    """This is not an address that can be written to."""

    default_code = "invalid_contact"

    def __init__(self, channel: str, contact: str) -> None:
        kind = "an e-mail address" if channel == "email" else "a phone number"
        message = f"“{contact[:80]}” is not {kind}."
        super().__init__(message, details=[{"field": "to", "message": message}])
