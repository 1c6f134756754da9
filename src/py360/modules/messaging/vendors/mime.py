"""E-mail as bytes: a MIME skeleton compiled once per template version and account, spliced per recipient.

The standard library's EmailMessage per recipient caps at about 1,000 a second; this takes some 20 us. Bodies are
quoted-printable in CRLF lines: safe with any script, any line length and any relay.
"""

import secrets
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from py360.kit import ids
from py360.kit.vendor import VendorError
from py360.modules.messaging.links import unsubscribe_url
from py360.modules.messaging.messages import Admitted
from py360.modules.messaging.render import Links
from py360.modules.messaging.vendors.headers import address_header, split_address, text_header
from py360.modules.providers.api import MailSettings, ProviderAccount
from py360.modules.templates.api import Compiled


def _quoted(text: str) -> bytes:
    """A body in quoted-printable CRLF lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    return b2a_qp(lines, istext=True).replace(b"\n", b"\r\n")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What all e-mails of one template version from one account have in common."""

    compiled: Compiled
    domain: str
    sender: str
    head: str
    between: bytes
    last: bytes
    end: bytes

    @classmethod
    def of(cls, compiled: Compiled, account: ProviderAccount) -> "Skeleton":
        """Prepare a skeleton. The account's settings name the sender."""
        settings = account.expect(MailSettings)
        sender = settings.from_email
        domain = sender.rpartition("@")[2]
        boundary = f"=_{secrets.token_hex(12)}"  # `=_` cannot occur in quoted-printable
        part = "--{}\r\nContent-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        fixed = [address_header("From", settings.from_name, sender)]
        if settings.reply_to:
            fixed.append(address_header("Reply-To", *split_address(settings.reply_to)))
        fixed += [
            "MIME-Version: 1.0",
            "Auto-Submitted: auto-generated",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            f'Content-Type: multipart/alternative; boundary="{boundary}"',
        ]
        return cls(
            compiled=compiled,
            domain=domain,
            sender=sender,
            head="\r\n".join(fixed) + "\r\n",
            between=b"\r\n\r\n" + part.format(boundary, "text/plain").encode(),
            last=b"\r\n" + part.format(boundary, "text/html").encode(),
            end=f"\r\n--{boundary}--\r\n".encode(),
        )

    def envelope(self, contact: str, smtputf8: bool) -> tuple[bytes, bytes, bytes]:
        """MAIL, RCPT and DATA for one recipient. Raises VendorError as `envelope` does."""
        return envelope(self.sender, contact, smtputf8)

    def message(self, admitted: Admitted, date: str) -> bytes:
        """The finished e-mail of one recipient, in CRLF lines; ASCII but for an address in another script."""
        outgoing, number = admitted.outgoing, admitted.message_id
        links = Links(number, outgoing.channel, admitted.tracked)
        rendered = self.compiled.message(links, outgoing.values)
        campaign = outgoing.campaign_id or 0
        head = (
            f"{self.head}To: {outgoing.contact}\r\n"
            f"{text_header('Subject', rendered.subject)}\r\n"
            f"Date: {date}\r\n"
            f"Message-ID: {message_id_header(number, self.domain)}\r\n"
            f"List-Unsubscribe: <{unsubscribe_url(number)}>\r\n"
            f"Feedback-ID: {campaign}:{outgoing.client_id}:{outgoing.purpose}:py360"
        )
        return b"".join(
            (head.encode(), self.between, _quoted(rendered.text), self.last, _quoted(rendered.html or ""), self.end)
        )


def envelope(sender: str, contact: str, smtputf8: bool) -> tuple[bytes, bytes, bytes]:
    """MAIL, RCPT and DATA for one recipient. Raises VendorError for an address in another script (RFC 6531) at a server
    that takes none."""
    extended = not contact.isascii()
    if extended and not smtputf8:
        sentence = (
            f"The mail server takes no addresses such as {contact} (it lacks SMTPUTF8)."
            " Ask the customer for an address in Latin letters, or use another account."
        )
        raise VendorError(sentence, code="no_smtputf8", permanent=True)
    mail = f"MAIL FROM:<{sender}>{' SMTPUTF8' if extended else ''}\r\n"
    return mail.encode(), f"RCPT TO:<{contact}>\r\n".encode(), b"DATA\r\n"


def message_id_header(number: int, domain: str) -> str:
    """The Message-ID of a ledger row; vendors send it back in their events."""
    return f"<{ids.code('email', number)}@{domain}>"


def ledger_number(message_id: str) -> int | None:
    """The ledger row behind a Message-ID of ours, or None."""
    prefix, separator, _ = message_id.strip("<> ").partition("@")
    bare = prefix.removeprefix(ids.PREFIXES["email"])
    return int(bare) if separator and bare != prefix and bare.isdigit() and len(bare) <= 18 else None


class DateHeader:
    """The Date header, written once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._text = ""

    def at(self, moment: datetime) -> str:
        """The moment in the form of RFC 5322."""
        second = int(moment.timestamp())
        if second != self._second:
            self._second, self._text = second, format_datetime(moment)
        return self._text
