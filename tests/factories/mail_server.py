"""A mail server of the tests: a real Dovecot (IMAP) with private configuration, and a real SMTP server that delivers to it."""

import asyncio
import base64
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from imapclient import IMAPClient

PASSWORD = "mailbox-password"
TOKEN = "ya29.good-token"
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
listen = 127.0.0.1
first_valid_uid = 1
first_valid_gid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_home = {folder}/mail/%u
mail_location = maildir:~/Maildir
maildir_very_dirty_syncs = no
mailbox_idle_check_interval = 1 secs
auth_failure_delay = 0
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
  mailbox Trash {{
    auto = create
    special_use = \\Trash
  }}
  mailbox Archive {{
    auto = create
    special_use = \\Archive
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""

# Tokens are asked about (RFC 7662) at whatever listens on this port in a test: the sandbox.
_TOKENS = """
introspection_mode = post
introspection_url = http://127.0.0.1:{port}/oauth/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _owner() -> pwd.struct_passwd:
    """Whose the mails are: Dovecot refuses to read mail as root."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


class Dovecot:
    """A private Dovecot on a loopback port. Any user signs in with `PASSWORD`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.owner = folder, _free_port(), _owner()
        folder.mkdir(parents=True, exist_ok=True)
        for part in (folder, folder / "mail", folder / "run", folder / "state"):
            part.mkdir(exist_ok=True)
            os.chown(part, self.owner.pw_uid, self.owner.pw_gid)
        (folder / "run").chmod(0o755)
        self.token_port = _free_port()
        (folder / "oauth2.conf").write_text(_TOKENS.format(port=self.token_port))
        config = folder / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                folder=folder, port=self.port, user=self.owner.pw_name, uid=self.owner.pw_uid, gid=self.owner.pw_gid,
                group=grp.getgrgid(self.owner.pw_gid).gr_name, password=PASSWORD,
            )
        )  # fmt: skip
        self.process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            greeted = b""
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                raise RuntimeError(self.process.stderr.read().decode())
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                greeted = probe.recv(10)
            with suppress(OSError, IMAPClient.Error):
                if greeted:
                    self.client("nobody@office.example").logout()
                    return
            time.sleep(0.1)
        raise RuntimeError(f"dovecot did not start: {(self.folder / 'dovecot.log').read_text()}")

    def client(self, user: str) -> IMAPClient:
        """A connection of a user's mail program."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        client.login(user, PASSWORD)
        return client

    def deliver(self, user: str, content: bytes, folder: str = "INBOX") -> None:
        """Put a mail into a mailbox, as a mail server does on arrival."""
        with self.client(user) as client:
            client.append(folder, content)

    def stop(self) -> None:
        """End it with its children."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class MailServer:
    """Dovecot, and an SMTP server that delivers to its mailboxes and keeps what leaves to others."""

    dovecot: Dovecot
    smtp_port: int = 0
    outside: list[Envelope] = field(default_factory=list)
    refuses_sign_in: bool = False
    tokens: Callable[[], Collection[str]] = tuple
    _server: asyncio.Server | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """A mail: for one of our mailboxes, or for the world."""
        content = envelope.content
        assert isinstance(content, bytes)
        for recipient in envelope.rcpt_tos:
            if recipient.endswith("@office.example"):
                await asyncio.to_thread(self.dovecot.deliver, recipient, content)
        if any(not each.endswith("@office.example") for each in envelope.rcpt_tos):
            self.outside.append(envelope)
        return "250 2.0.0 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: object) -> AuthResult:
        """The mailboxes' password."""
        right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode() and not self.refuses_sign_in
        return AuthResult(success=right, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        """The tokens that are good now."""
        token = base64.b64decode(args[1]).decode().partition("auth=Bearer ")[2].rstrip("\x01")
        return AuthResult(success=token in self.tokens(), handled=False)

    async def start(self) -> None:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(
                self, loop=loop, authenticator=self.authenticate, auth_require_tls=False, enable_SMTPUTF8=True
            ),
            "127.0.0.1",
            0,
        )
        self.smtp_port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def send(self, mail: EmailMessage) -> None:
        """A customer's mail program sends a mail."""
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.smtp_port, start_tls=False)

    def account(self, email: str, **changed: object) -> dict[str, object]:
        """What a person types into the form of a mailbox here."""
        return {
            "name": "Renewals desk", "email": email, "provider": "custom", "imapServer": "127.0.0.1",
            "imapPort": self.dovecot.port, "smtpServer": "127.0.0.1", "smtpPort": self.smtp_port, "username": email,
            "password": PASSWORD, "useSSL": False, **changed,
        }  # fmt: skip


def letter(sender: str, to: str, subject: str, text: str, **headers: str) -> EmailMessage:
    """A mail as a customer writes it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = headers.pop("message_id", f"<{time.time_ns()}@customer.example>")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def bounce(
    to: str, failed: str, message_id: str, status: str = "5.1.1", action: str = "failed", words: str = "User unknown"
) -> bytes:
    """A delivery status notification (RFC 3464), as Postfix writes it."""
    report = f"""Return-Path: <>
From: MAILER-DAEMON@mx.customer.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <{time.time_ns()}@mx.customer.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

<{failed}>: host mx.customer.example said: 550 {status} {words}

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.example

Final-Recipient: rfc822; {failed}
Original-Recipient: rfc822;{failed}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} {words}

--B
Content-Type: text/rfc822-headers

From: {to}
To: {failed}
Message-ID: {message_id}
Subject: Renew

--B--
"""
    return report.replace("\n", "\r\n").encode()
