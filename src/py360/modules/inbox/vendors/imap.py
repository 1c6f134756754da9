"""A mailbox at an IMAP server (RFC 3501) with CONDSTORE (RFC 7162) and IDLE (RFC 2177), through IMAPClient.

Its calls block: they run in a thread, and every one of them ends within `TIMEOUT_SECONDS` of silence. Server answers are bounded:
mails are fetched in batches of known size, of a large one only the beginning, and a literal beyond the limit ends the connection.
"""

import imaplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError, ProtocolError

from py360.kit import egress
from py360.kit.vendor import VendorError
from py360.modules.inbox.mailboxes import MAX_MAIL_BYTES
from py360.modules.providers.api import MailboxSettings

TIMEOUT_SECONDS: Final = 30.0
MAX_LITERAL: Final = MAX_MAIL_BYTES + (1 << 20)
BEGINNING: Final = 1 << 20  # bytes that are fetched of a mail beyond MAX_MAIL_BYTES
UIDS_AT_ONCE: Final = 50_000  # in one search, whose answer is one line
FLAGS_AT_ONCE: Final = 500
ACCOUNT_REFUSED: Final = "account_refused"
UNREACHABLE: Final = "unreachable"
Reply = TypeVar("Reply")
Fetched = Mapping[bytes, object]  # what the server sent of one mail, under the names that were asked for
_FAILURES: Final = (IMAPClientError, imaplib.IMAP4.error, ProtocolError, OSError, ValueError, IndexError, KeyError)
_ROLES: Final[Mapping[bytes, str]] = {
    b"\\sent": "sent",
    b"\\junk": "junk",
    b"\\archive": "archive",
    b"\\trash": "trash",
}


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder at the server, and ours that shows it."""

    name: str
    folder: str


@dataclass(frozen=True, slots=True)
class FolderState:
    """What the server says of a selected folder."""

    uid_validity: int
    uid_next: int
    messages: int
    highest_modseq: int | None  # None: the server has no CONDSTORE


@dataclass(frozen=True, slots=True)
class RawMail:
    """A mail as it was fetched; `content` is only its beginning where it is shorter than `size`."""

    uid: int
    flags: frozenset[str]
    received_at: datetime
    size: int
    content: bytes = field(repr=False)


class _Connection(imaplib.IMAP4):
    """A connection to an allowed address, with TLS from the first byte where a context is given."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(host, port, TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        plain = egress.connect(self.host, self.port, timeout or TIMEOUT_SECONDS)
        return plain if self._context is None else self._context.wrap_socket(plain, server_hostname=self.host)


class _Client(IMAPClient):  # type: ignore[misc]  # the library has no types
    """IMAPClient on such a connection."""

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - IMAPClient's name
        return _Connection(self.host, self.port, ssl.create_default_context() if self.ssl else None)


class ImapMailbox:
    """One connection to a mailbox."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings
        self._client: IMAPClient | None = None

    @property
    def client(self) -> IMAPClient:
        """The connection. Raises VendorError when it is not open."""
        if self._client is None:
            raise VendorError("The connection to the mailbox is closed.", code=UNREACHABLE)
        return self._client

    def open(self) -> None:
        """Connect and sign in. Raises VendorError: `account_refused` when the server does not let us in, else `unreachable`."""
        here = self._settings
        where = f"{here.imap_server}:{here.imap_port}"
        try:
            self._client = client = _Client(here.imap_server, here.imap_port, ssl=here.use_ssl, timeout=TIMEOUT_SECONDS)
            _bound_literals(client)
            self._encrypt(client, where)
            self._sign_in(client, where)
            if client.has_capability("ENABLE") and client.has_capability("CONDSTORE"):
                client.enable("CONDSTORE")  # before the first SELECT, or HIGHESTMODSEQ is silently missing
        except VendorError:
            self.close()
            raise
        except egress.AddressNotAllowed as error:
            raise VendorError(str(error), code=ACCOUNT_REFUSED) from error
        except ssl.SSLError as error:
            self.close()
            raise VendorError(
                f"The encryption of {where} cannot be trusted ({error.reason or error}). Check server, port and certificate.",
                code=ACCOUNT_REFUSED,
            ) from error
        except _FAILURES as error:
            self.close()
            raise VendorError(
                f"The mail server {where} cannot be reached: {_words(error)}", code=UNREACHABLE
            ) from error

    def _encrypt(self, client: IMAPClient, where: str) -> None:
        if self._settings.use_ssl:
            return
        if client.has_capability("STARTTLS"):
            client.starttls()
        elif not egress.is_this_machine(str(client._imap.sock.getpeername()[0])):
            raise VendorError(
                f"{where} offers no encryption (STARTTLS), so nothing was sent, the password included. Use the port with"
                " encryption (993) and switch SSL on.",
                code=ACCOUNT_REFUSED,
            )

    def _sign_in(self, client: IMAPClient, where: str) -> None:
        here = self._settings
        try:
            if here.access_token is not None:
                client.oauth2_login(here.username, here.access_token.get_secret_value())
            elif here.password is not None:
                client.login(here.username, here.password.get_secret_value())
        except LoginError as error:
            what = (
                "the access token; it may have expired or been revoked. Connect the mailbox again"
                if here.access_token is not None
                else "the user name and password. Check them in the account’s settings"
            )
            raise VendorError(f"{where} does not take {what} ({_words(error)}).", code=ACCOUNT_REFUSED) from error

    def close(self) -> None:
        """Close the connection; never raises."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.shutdown()
            except _FAILURES:
                return

    def abort(self) -> None:
        """Close the socket at once, whatever is under way; never raises and never waits."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.socket().close()
            except _FAILURES:
                return

    def fileno(self) -> int:
        """The socket's number, to wait for data with."""
        return int(self.client.socket().fileno())

    def folders(self) -> list[RemoteFolder]:
        """The folders that are synchronised: the inbox, and those for sent, junk, archived and deleted mail."""
        found = [RemoteFolder("INBOX", "inbox")]
        for flags, _, name in self._ask(lambda client: client.list_folders()):
            role = next((_ROLES[flag.lower()] for flag in flags if flag.lower() in _ROLES), None)
            if role is not None and str(name).upper() != "INBOX":
                found.append(RemoteFolder(str(name), role))
        return found

    def select(self, name: str) -> FolderState:
        """Select a folder for reading only."""
        answer = self._ask(lambda client: client.select_folder(name, readonly=True))
        modseq = answer.get(b"HIGHESTMODSEQ")
        return FolderState(
            int(answer[b"UIDVALIDITY"]),
            int(answer.get(b"UIDNEXT", 0)),
            int(answer[b"EXISTS"]),
            int(modseq) if modseq else None,
        )

    def uids(self, first: int, messages: int) -> list[int]:
        """The numbers in the selected folder, which has so many mails, from `first` on; ascending.

        Asked for by place and not by number: some servers number mails by the clock. From the end, so that a mail that another
        program deletes meanwhile moves none past us.
        """
        found: set[int] = set()
        for end in range(messages, 0, -UIDS_AT_ONCE):
            found |= self._search(f"{max(1, end - UIDS_AT_ONCE + 1)}:{end}", first)
        return sorted(uid for uid in found if uid >= first)

    def _search(self, places: str, first: int) -> set[int]:
        return {int(uid) for uid in self._ask(lambda client: client.search([places, "UID", f"{first}:*"]))}

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """The size of mails in bytes; one that is gone is missing."""
        found = self._ask(lambda client: client.fetch(uids, ["RFC822.SIZE"]))
        return {int(uid): int(data[b"RFC822.SIZE"]) for uid, data in found.items() if b"RFC822.SIZE" in data}

    def message_ids(self, uids: Sequence[int]) -> dict[int, tuple[bytes, int]]:
        """The header line with the message id, and the size, of mails: how they are recognised under new numbers."""
        key = b"BODY[HEADER.FIELDS (MESSAGE-ID)]"
        found = self._ask(lambda client: client.fetch(uids, ["RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]))
        return {
            int(uid): (bytes(data.get(key) or b""), int(data[b"RFC822.SIZE"]))
            for uid, data in found.items()
            if b"RFC822.SIZE" in data
        }

    def fetch(self, sizes: Mapping[int, int]) -> list[RawMail]:
        """Mails whole; of one beyond `MAX_MAIL_BYTES` its beginning."""
        small = [uid for uid, size in sizes.items() if size <= MAX_MAIL_BYTES]
        large = [uid for uid, size in sizes.items() if size > MAX_MAIL_BYTES]
        found: list[RawMail] = []
        for uids, part in ((small, "BODY.PEEK[]"), (large, f"BODY.PEEK[]<0.{BEGINNING}>")):
            answer = self._fetch(uids, ["FLAGS", "INTERNALDATE", part]) if uids else {}
            found += [_raw(int(uid), data, sizes[int(uid)]) for uid, data in answer.items() if int(uid) in sizes]
        return sorted(found, key=lambda each: each.uid)

    def flags_since(self, modseq: int) -> dict[int, frozenset[str]]:
        """The flags of mails that changed since then (CONDSTORE)."""
        changed = [int(uid) for uid in self._ask(lambda client: client.search(["MODSEQ", str(modseq + 1)]))]
        found: dict[int, frozenset[str]] = {}
        for start in range(0, len(changed), FLAGS_AT_ONCE):
            answer = self._fetch(changed[start : start + FLAGS_AT_ONCE], ["FLAGS"])
            found |= {int(uid): _flags(data) for uid, data in answer.items()}
        return found

    def idle(self) -> bool:
        """Ask the server to report changes of the selected folder; False when it cannot."""
        if not self.client.has_capability("IDLE"):
            return False
        self._ask(lambda client: client.idle())
        return True

    def wait(self, seconds: float) -> bool:
        """Wait for a change while idle; whether there was one."""
        return bool(self._ask(lambda client: client.idle_check(timeout=seconds)))

    def done(self) -> bool:
        """End idling; whether something had changed meanwhile."""
        _, changes = self._ask(lambda client: client.idle_done())
        return bool(changes)

    def holds(self, message_id: str) -> bool:
        """Whether the selected folder has a mail of this Message-ID."""
        return bool(self._ask(lambda client: client.search(["HEADER", "MESSAGE-ID", message_id])))

    def append(self, folder: str, content: bytes, at: datetime) -> None:
        """Put a mail into a folder, as read."""
        self._ask(lambda client: client.append(folder, content, (b"\\Seen",), at))

    def _fetch(self, uids: Sequence[int], parts: Sequence[str]) -> Mapping[int, Fetched]:
        found: Mapping[int, Fetched] = self._ask(lambda client: client.fetch(uids, parts))
        return found

    def _ask(self, call: Callable[[IMAPClient], Reply]) -> Reply:
        """What the server answers; raises VendorError when the connection breaks."""
        client = self.client
        try:
            return call(client)
        except CapabilityError as error:
            raise VendorError(f"The mail server lacks something: {_words(error)}", code=UNREACHABLE) from error
        except _FAILURES as error:
            self.close()
            raise VendorError(f"The connection to the mailbox broke: {_words(error)}", code=UNREACHABLE) from error


def _raw(uid: int, data: Fetched, size: int) -> RawMail:
    content = next((value for key, value in data.items() if key.startswith(b"BODY[]")), None)
    moment = data.get(b"INTERNALDATE")
    received = moment.astimezone(UTC) if isinstance(moment, datetime) else datetime.now(UTC)
    return RawMail(uid, _flags(data), received, size, content if isinstance(content, bytes) else b"")


def _flags(data: Fetched) -> frozenset[str]:
    flags = data.get(b"FLAGS")
    if not isinstance(flags, tuple):
        return frozenset()
    return frozenset(flag.decode("ascii", "replace").lower() for flag in flags if isinstance(flag, bytes))


def _words(error: Exception) -> str:
    text = " ".join(str(error).split()).removeprefix("b'").rstrip("'")
    return text[:200] or type(error).__name__


def _bound_literals(client: IMAPClient) -> None:
    """Refuse a literal that no request of ours asked for: its size is the server's word."""
    read = client._imap.read

    def bounded(size: int) -> bytes:
        if size > MAX_LITERAL:
            raise imaplib.IMAP4.abort(f"a literal of {size} bytes")
        return bytes(read(size))

    client._imap.read = bounded


def batches(sizes: Mapping[int, int], most_bytes: int, most: int) -> Iterator[dict[int, int]]:
    """Mails in batches of bounded size together, in their order."""
    batch: dict[int, int] = {}
    total = 0
    for uid, size in sizes.items():
        weight = min(size, MAX_MAIL_BYTES) if size <= MAX_MAIL_BYTES else BEGINNING
        if batch and (total + weight > most_bytes or len(batch) >= most):
            yield batch
            batch, total = {}, 0
        batch[uid] = size
        total += weight
    if batch:
        yield batch
