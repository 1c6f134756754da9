"""One SMTP connection with pipelining (RFC 2920): a message's body and the next message's envelope leave in one write."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from py360.kit.vendor import TIMEOUT_SECONDS
from py360.modules.messaging.messages import Admitted
from py360.modules.messaging.vendors.smtp_replies import Refusal, Reply, Stage, first_refusal

LONGEST_LINE: Final = 64 << 10  # bytes without a line break: no mail server
LONGEST_REPLY: Final = 2_000  # characters of a reply that are kept
_ENVELOPE: Final = (Stage.MAIL, Stage.RCPT, Stage.DATA)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way: where it is in the batch, its envelope (MAIL, RCPT, DATA) and its bytes."""

    place: int
    admitted: Admitted
    envelope: tuple[bytes, bytes, bytes]
    message: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a step: the refusal of the body, and of the next message's envelope (None: it was taken). `is_lost`: the
    connection ended before the envelope was answered."""

    body: Refusal | None
    envelope: Refusal | None
    is_lost: bool = False


class SmtpSession(asyncio.Protocol):
    """Takes a connected SMTP transport over and counts replies. One exchange at a time."""

    def __init__(self, transport: asyncio.Transport, pipelining: bool, smtputf8: bool) -> None:
        self._transport = transport
        self.pipelining = pipelining
        self.smtputf8 = smtputf8  # takes addresses in any script (RFC 6531)
        self.closed = False
        self.kept = False  # waited since an earlier batch: the server may have closed it meanwhile
        self.idle_since = 0.0
        self._pending = b""
        self._lines: list[str] = []
        self._replies: list[Reply] = []
        self._wanted = 0
        self._answer: asyncio.Future[list[Reply]] | None = None
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Collect replies; the last line of one has a space after its code."""
        *lines, self._pending = (self._pending + data).split(b"\r\n")
        if len(self._pending) > LONGEST_LINE:
            self._transport.abort()
            return
        for line in lines:
            if line[:3].isdigit():
                self._lines.append(line[4:].decode("utf-8", "replace").strip())
                if line[3:4] != b"-":
                    self._replies.append(Reply(int(line[:3]), " ".join(self._lines)[:LONGEST_REPLY]))
                    self._lines = []
                del self._lines[50:]
        if self._answer is not None and not self._answer.done() and len(self._replies) >= self._wanted:
            self._answer.set_result(self._replies)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the calls that wait for an answer."""
        self.closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the mail server closed the connection"))

    async def exchange(self, data: bytes, replies: int) -> list[Reply]:
        """Write, and await so many replies. Raises OSError (TimeoutError is one); the connection is over then."""
        if self.closed:
            raise ConnectionResetError("the mail server closed the connection")
        self._replies, self._wanted = [], replies
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._answer
        except TimeoutError:
            self.close()
            raise

    async def step(self, body: bytes | None, letter: Letter | None) -> Step:
        """Send the body of the message declared before, and declare the next one in the same write.

        Raises OSError when nothing is known of the body. Both may be given at once only to a server with PIPELINING.
        """
        data = b"" if body is None else _stuffed(body)
        first = 0 if body is None else 1
        try:
            if letter is None:
                replies = await self.exchange(data, first)
            elif self.pipelining:
                replies = await self.exchange(data + b"".join(letter.envelope), first + 3)
            else:
                replies = await self._announce(letter)
        except OSError:
            self.close()
            if body is None or not self._replies:
                raise
            # the body was answered, the announcement was not: that one never left
            return Step(first_refusal(self._replies[:1], (Stage.BODY,)), None, is_lost=letter is not None)
        envelope = replies[first:]
        refused = first_refusal(envelope, _ENVELOPE)
        if refused is not None:
            await self._take_back(envelope)
        return Step(first_refusal(replies[:first], (Stage.BODY,)), refused)

    async def _announce(self, letter: Letter) -> list[Reply]:
        """An announcement command by command, for servers without PIPELINING."""
        replies: list[Reply] = []
        for command in letter.envelope:
            replies += await self.exchange(command, 1)
            if replies[-1].code >= 400:
                break
        return replies

    async def _take_back(self, envelope: Sequence[Reply]) -> None:
        """Bring the server back to where a new announcement may begin."""
        try:
            if len(envelope) == 3 and envelope[2].code == 354:  # took DATA without a recipient (RFC 2920, section 3.1)
                await self.exchange(b".\r\n", 1)
            await self.exchange(b"RSET\r\n", 1)
        except OSError:
            self.close()  # the answer that mattered is known

    def close(self) -> None:
        """Close the connection."""
        self.closed = True
        self._transport.close()


def _stuffed(message: bytes) -> bytes:
    """A message of CRLF lines as DATA takes it: leading dots doubled, a lone dot at the end."""
    return (message.replace(b"\r\n.", b"\r\n..") if b"\r\n." in message else message) + b".\r\n"
