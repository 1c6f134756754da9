"""SMTP: aiosmtplib opens the connection (TLS, sign-in), then a pipelined conversation of ours carries the batch.

aiosmtplib awaits every reply on its own: four round trips and some 200 us of CPU per message. With PIPELINING (RFC 2920)
envelope and DATA leave in one write. Servers without it are spoken to step by step by the same code.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple, cast

import aiosmtplib

from py360.kit import egress
from py360.kit.vendor import TIMEOUT_SECONDS, VendorError
from py360.modules.messaging.messages import UNREACHABLE, Admitted, Delivery, SendGuard
from py360.modules.messaging.render import compile_message
from py360.modules.messaging.vendors.base import always, failure, no_account, price, sent, withheld
from py360.modules.messaging.vendors.mime import DateHeader, Skeleton
from py360.modules.providers.api import MailSettings, ProviderAccount
from py360.modules.templates.api import Template

CONNECTIONS: Final = 10
IDLE_SECONDS: Final = 30.0
SKELETONS_KEPT: Final = 64
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
# RFC 3463: the address does not exist, is no mailbox, or has moved for good
_NO_SUCH_ADDRESS: Final = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})


class Reply(NamedTuple):
    """A server's reply: its code and text."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way: where it stands in the batch, its announcement and its text."""

    place: int
    admitted: Admitted
    envelope: tuple[bytes, bytes, bytes]
    message: bytes


class Conversation(asyncio.Protocol):
    """Takes a connected SMTP transport over and counts replies. One exchange at a time."""

    def __init__(self, transport: asyncio.Transport, pipelining: bool) -> None:
        self._transport = transport
        self.pipelining = pipelining
        self.closed = False
        self.kept = False  # waited since an earlier batch: the server may have hung up meanwhile
        self.idle_since = 0.0
        self._pending = b""
        self._replies: list[Reply] = []
        self._wanted = 0
        self._answer: asyncio.Future[list[Reply]] | None = None
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Collect replies; the last line of one has a space after its code."""
        *lines, self._pending = (self._pending + data).split(b"\r\n")
        for line in lines:
            if line[3:4] != b"-" and line[:3].isdigit():
                self._replies.append(Reply(int(line[:3]), line[4:].decode("utf-8", "replace")))
        if self._answer is not None and not self._answer.done() and len(self._replies) >= self._wanted:
            self._answer.set_result(self._replies)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail whoever waits."""
        self.closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the mail server closed the connection"))

    async def exchange(self, data: bytes, replies: int) -> list[Reply]:
        """Write, and await so many replies. Raises OSError or TimeoutError; the conversation is over then."""
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

    async def step(self, body: bytes | None, letter: Letter | None) -> tuple[VendorError | None, VendorError | None]:
        """Send the body of the message announced before, and announce the next one in the same breath.

        Returns why the body was refused and why the announcement was (None: it was not). Raises OSError or TimeoutError
        when nothing is known of the body. Both may be given at once only to a server with PIPELINING.
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
        except (OSError, TimeoutError):
            self.close()
            if body is None or not self._replies:
                raise
            replies = self._replies[:1]  # the body was answered, the announcement was not: that one never left
            lost = VendorError("The mail server went away.", code="connection_lost")
            return _refused(replies), lost if letter else None
        envelope = replies[first:]
        refused = _refused(envelope)
        if refused is not None:
            await self._take_back(envelope)
        return (_refused(replies[:first]), refused)

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
        except (OSError, TimeoutError):
            self.close()  # the answer that mattered is known

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self._transport.close()


def _stuffed(message: bytes) -> bytes:
    """A message of CRLF lines as DATA takes it: leading dots doubled, a lone dot at the end."""
    return (message.replace(b"\r\n.", b"\r\n..") if b"\r\n." in message else message) + b".\r\n"


def _refused(replies: Sequence[Reply]) -> VendorError | None:
    """The first refusal among replies: 4xx is transient, 5xx permanent; its code is the enhanced one when there is one."""
    for place, reply in enumerate(replies):
        if reply.code >= 400:
            enhanced = _ENHANCED.match(reply.text)
            code = enhanced[1] if enhanced else str(reply.code)
            if reply.code in {530, 535}:  # it wants a sign-in, or ours is no longer good
                return no_account(f"{reply.code} {reply.text}")
            if place == 1 and not enhanced and reply.code in {550, 551, 553}:  # RCPT TO
                code = "5.1.1"
            return VendorError(f"{reply.code} {reply.text}", code=code, permanent=reply.code >= 500)
    return None


class SmtpTransport:
    """An SMTP account with some kept connections."""

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self._relay = account.expect(MailSettings).relay
        self._size = self._relay.max_connections or CONNECTIONS
        self._idle: list[Conversation] = []
        self._skeletons: OrderedDict[Template, Skeleton] = OrderedDict()
        self._date = DateHeader()
        self._cost = price(account)

    async def send(self, batch: Sequence[Admitted], may_send: SendGuard = always) -> list[Delivery]:
        """Carry a batch over the kept connections."""
        trip = _Trip(batch, self._date.at(datetime.now(UTC)), may_send)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._size, len(batch))):
                group.create_task(self._lane(trip))
        return [answer or failure(batch[place], trip.unreachable) for place, answer in enumerate(trip.answers)]

    async def _lane(self, trip: "_Trip") -> None:
        """One connection's share of a batch: each write carries a body and the next announcement.

        Long because it is one machine with three things in hand: the connection, the letter whose body the server waits for
        (`announced`), and the one that meets a fresh connection (`again`). Parted, each half would have to be told all three.
        """
        conversation: Conversation | None = None
        announced: Letter | None = None
        again: Letter | None = None  # met a kept connection that the server had closed: goes again on a new one
        while True:
            if announced is not None and conversation is not None and not trip.may_send(announced.admitted):
                trip.answers[announced.place] = withheld(announced.admitted)
                conversation.close()  # the server waits for the body and forgets the announcement without it (RFC 5321, 4.1.4)
                announced = conversation = None
                if (again := self._next(trip)) is None:
                    return
            if conversation is None:
                try:
                    conversation = await self._take(fresh=again is not None)
                except aiosmtplib.SMTPAuthenticationError as error:
                    trip.unreachable = no_account(f"{error.code} {error.message}")
                    return
                except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
                    trip.unreachable = _unreachable(str(error))
                    return  # the other lanes go on; what nobody takes has this reason
            upcoming, again = again, None
            if upcoming is None and (announced is None or conversation.pipelining):
                upcoming = self._next(trip)
            if announced is None and upcoming is None:
                self._give_back(conversation)
                return
            try:
                body_refused, refused = await conversation.step(announced.message if announced else None, upcoming)
            except (OSError, TimeoutError) as error:
                if announced is None and conversation.kept:
                    again, conversation = upcoming, None
                    continue
                body_refused, refused = _lost(error, unclear=True), _lost(error, unclear=False)
            if announced is not None:
                trip.note(announced, body_refused, self._cost)
            if upcoming is not None and refused is not None:
                trip.note(upcoming, refused, self._cost)
            announced = upcoming if refused is None else None
            conversation.kept = False
            if conversation.closed:
                if announced is not None:  # answered, and hung up before the body
                    trip.note(announced, _lost(ConnectionResetError(), unclear=False), self._cost)
                announced = conversation = None

    def _next(self, trip: "_Trip") -> Letter | None:
        """The next message of the batch that may leave, as a letter."""
        for place, admitted in trip.work:
            if trip.may_send(admitted):
                skeleton = self._skeleton(admitted)
                recipient = f"RCPT TO:<{admitted.outgoing.contact}>\r\n".encode()
                envelope = (skeleton.mail_from, recipient, b"DATA\r\n")
                return Letter(place, admitted, envelope, skeleton.message(admitted, trip.date))
            trip.answers[place] = withheld(admitted)
        return None

    def _skeleton(self, admitted: Admitted) -> Skeleton:
        template = compile_message(admitted.outgoing)
        if (known := self._skeletons.get(template.template)) is None:
            known = self._skeletons[template.template] = Skeleton.of(template, self.account)
            if len(self._skeletons) > SKELETONS_KEPT:
                self._skeletons.popitem(last=False)
        return known

    async def _take(self, fresh: bool = False) -> Conversation:
        now = asyncio.get_running_loop().time()
        while self._idle:
            conversation = self._idle.pop()
            if not fresh and not conversation.closed and now - conversation.idle_since < IDLE_SECONDS:
                conversation.kept = True
                return conversation
            conversation.close()
        return await self._connect()

    def _give_back(self, conversation: Conversation) -> None:
        if len(self._idle) >= self._size:
            conversation.close()
            return
        conversation.idle_since = asyncio.get_running_loop().time()
        self._idle.append(conversation)

    def _client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        signs_in = relay.username and relay.password
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.username if signs_in else None,
            password=relay.password if signs_in else None,
            use_tls=relay.port == 465,
            start_tls=None,  # whenever the server offers it
            timeout=TIMEOUT_SECONDS,
        )

    async def _connect(self) -> Conversation:
        if not self.account.is_sandbox:
            await egress.check_host(self._relay.host)
        client = self._client()
        await client.connect()
        if not client.last_ehlo_response:
            await client.ehlo()
        transport = cast(asyncio.Transport, client.transport)  # uvloop's is no subclass
        return Conversation(transport, client.supports_extension("pipelining"))

    async def check(self) -> str:
        """Connect and sign in."""
        try:
            conversation = await self._connect()
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            raise _unreachable(str(error)) from error
        self._give_back(conversation)
        return "The mail server answers and takes our sign-in."

    async def close(self) -> None:
        """Hang up everywhere."""
        while self._idle:
            self._idle.pop().close()


class _Trip:
    """One batch under way, shared by its lanes."""

    def __init__(self, batch: Sequence[Admitted], date: str, may_send: SendGuard) -> None:
        self.work = iter(enumerate(batch))
        self.date = date
        self.may_send = may_send
        self.answers: list[Delivery | None] = [None] * len(batch)
        self.unreachable = _unreachable("")

    def note(self, letter: Letter, refused: VendorError | None, cost: Decimal | None) -> None:
        """Write down what became of a message."""
        if refused is None:
            self.answers[letter.place] = sent(letter.admitted, None, cost)
        else:
            self.answers[letter.place] = failure(letter.admitted, refused, bounced=refused.code in _NO_SUCH_ADDRESS)


def _lost(error: Exception, unclear: bool) -> VendorError:
    text = f"The mail server went away ({type(error).__name__})" + ("; it may have been sent." if unclear else ".")
    return VendorError(text, code="connection_lost", unclear=unclear)


def _unreachable(reason: str) -> VendorError:
    return VendorError(f"The mail server cannot be reached: {reason}", code=UNREACHABLE)
