"""Connecting to a mail server: encryption, signing in, and what a failure says.

A password never leaves over plain text because an attacker in between took STARTTLS out of the server's answer: where encryption is
required, a server without it gets nothing.
"""

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass
from typing import Final, cast

import aiosmtplib

from py360.kit import egress
from py360.kit.vendor import TIMEOUT_SECONDS, VendorError
from py360.modules.messaging.messages import UNREACHABLE
from py360.modules.messaging.vendors.base import no_account, too_fast
from py360.modules.messaging.vendors.smtp_session import SmtpSession
from py360.modules.providers.api import MailSettings, ProviderAccount

IMPLICIT_TLS: Final = 465
SUBMISSION: Final = 587


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, and how to sign in there."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    require_tls: bool | None = None  # None: as `needs_tls` says
    access_token: str | None = None  # signs in by XOAUTH2
    is_trusted: bool = False  # the operator's own, such as the sandbox: it may be on this machine

    @classmethod
    def of(cls, account: ProviderAccount) -> "Server":
        """The account's own server, or its vendor's relay."""
        relay = account.expect(MailSettings).relay
        signs_in = bool(relay.username and (relay.password or relay.access_token))
        return cls(
            relay.host,
            relay.port,
            relay.username if signs_in else None,
            relay.password if signs_in else None,
            relay.require_tls,
            relay.access_token if signs_in else None,
            is_trusted=account.is_sandbox,
        )

    @property
    def needs_tls(self) -> bool:
        """Whether nothing may leave unencrypted. Unless the account says so: on the ports for submission, and wherever a
        password would go to another machine."""
        if self.require_tls is not None:
            return self.require_tls
        return self.port in {IMPLICIT_TLS, SUBMISSION} or (
            self.username is not None and not _is_this_machine(self.host)
        )

    async def token(self) -> str:
        """The access token, as aiosmtplib asks for it."""
        return self.access_token or ""


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


async def connect(server: Server) -> SmtpSession:
    """A connection that is encrypted where it must be, and signed in. Raises VendorError with the reason."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        oauth_token_generator=server.token if server.access_token else None,
        use_tls=server.port == IMPLICIT_TLS,
        start_tls=False if server.port == IMPLICIT_TLS else True if server.needs_tls else None,
        timeout=TIMEOUT_SECONDS,
    )
    try:
        if server.is_trusted:
            await client.connect()
        else:
            await client.connect(port=None, sock=await egress.open_socket(server.host, server.port, TIMEOUT_SECONDS))
        if not client.last_ehlo_response:
            await client.ehlo()
    except (OSError, aiosmtplib.SMTPException) as error:
        raise _reason(server, error) from error
    transport = cast(asyncio.Transport, client.transport)  # uvloop's is no subclass
    return SmtpSession(transport, client.supports_extension("pipelining"), client.supports_extension("smtputf8"))


def _reason(server: Server, error: Exception) -> VendorError:
    """Why there is no connection: our sign-in, the server's encryption, or no server there."""
    where = f"{server.host}:{server.port}"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        answer = f"{error.code} {error.message}"
        if error.code < 500:
            return too_fast(answer)
        return no_account(
            f"{where} does not take the {'access token' if server.access_token else 'user name and password'} ({answer}). Check them in the account’s settings."
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):  # the greeting or EHLO
        answer = f"{error.code} {error.message}"
        return no_account(answer) if error.code >= 500 else too_fast(answer)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return no_account(
                f"the encryption of {where} cannot be trusted ({cause}). Check host, port and certificate."
            )
        cause = cause.__cause__
    if isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, OSError):
        if "STARTTLS" in error.message:
            return no_account(
                f"{where} offers no encryption (STARTTLS), so nothing was sent, the password included. Use the port with"
                " encryption; for a server in your own network set requireTls to false."
            )
        return no_account(f"{where} takes no sign-in here: {error.message}")
    return VendorError(f"The mail server {where} cannot be reached: {error or type(error).__name__}", code=UNREACHABLE)
