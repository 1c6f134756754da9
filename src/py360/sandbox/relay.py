"""The mail relay: an SMTP server that takes what is sent with the sandbox's password.

It answers as relays do: 530 without a login, 535 with a wrong one, 550 for addresses it refuses, 451 when it has too
much to do.
"""

import asyncio
import hmac
from email.message import Message as Mail
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from py360.sandbox.journal import Message
from py360.sandbox.world import World

LARGEST: Final = 26_214_400  # bytes: Mailgun's 25 MB


class Relay:
    """The handler behind the SMTP server."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._parser = BytesParser(policy=compat32)

    def log_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """AUTH PLAIN and AUTH LOGIN: any user name, the sandbox's secret."""
        right = isinstance(data, LoginPassword) and hmac.compare_digest(data.password, self.world.secret.encode())
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A sender, once logged in."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.world.audience.crowded:
            return "451 4.3.2 Too much to do, please try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient, unless refused."""
        if "@" not in address:
            return "553 5.1.3 The address is not valid"
        if self.world.audience.refuses("email", address):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The message itself, for each of its recipients."""
        raw = envelope.content
        mail = self._parser.parsebytes(raw if isinstance(raw, bytes) else (raw or "").encode())
        identity = str(mail.get("Message-ID", "")).strip().strip("<>")
        if not identity:
            return "550 5.6.0 A message needs a Message-ID"
        body = _body(mail)
        for recipient in envelope.rcpt_tos:
            message = Message(identity, "email", envelope.mail_from or "", recipient, body, self.world.now())
            message.subject = str(mail.get("Subject", ""))
            message.unsubscribe = _one_click(mail)
            message.details = {"from": parseaddr(str(mail.get("From", "")))[1]}
            await self.world.audience.receive(message)
        return f"250 2.0.0 OK: queued as {identity}"

    async def open(self, host: str, port: int) -> asyncio.Server:
        """Start listening."""
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            return SMTP(
                self,
                data_size_limit=LARGEST,
                enable_SMTPUTF8=True,
                hostname="relay.sandbox.py360",
                ident="Py360 Sandbox Relay",
                authenticator=self.log_in,
                auth_require_tls=False,  # it only listens on the loopback address
                loop=loop,
            )

        return await loop.create_server(session, host, port)


def _body(mail: Mail) -> str:
    """The HTML part, else the plain one."""
    texts: dict[str, str] = {}
    for part in mail.walk():
        kind = part.get_content_type()
        if kind in ("text/html", "text/plain") and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                texts.setdefault(kind, payload.decode(part.get_content_charset() or "utf-8", "replace"))
    return texts.get("text/html") or texts.get("text/plain", "")


def _one_click(mail: Mail) -> str:
    """The https address of List-Unsubscribe, when List-Unsubscribe-Post allows one click (RFC 8058)."""
    if "one-click" not in str(mail.get("List-Unsubscribe-Post", "")).lower():
        return ""
    for entry in str(mail.get("List-Unsubscribe", "")).replace("\r\n", "").split(","):
        address = "".join(entry.split()).strip("<>")
        if address.startswith("http"):
            return address
    return ""
