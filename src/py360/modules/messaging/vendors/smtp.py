"""SMTP: aiosmtplib opens the connection (TLS, sign-in), then a pipelined conversation of ours carries the batch.

aiosmtplib awaits every reply on its own: four round trips and some 200 us of CPU per message. With PIPELINING (RFC 2920)
envelope and DATA leave in one write. Servers without it are spoken to step by step by the same code.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, cast

import aiosmtplib

from py360.kit.vendor import TIMEOUT_SECONDS, VendorError
from py360.modules.messaging.compiling import compile_message
from py360.modules.messaging.messages import Account, Admitted, Delivery, Template
from py360.modules.messaging.mime import DateHeader, Skeleton
from py360.modules.messaging.vendors.base import failure, price, sent

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


class Conversation(asyncio.Protocol):
    """Takes a connected SMTP transport over and counts replies. One exchange at a time."""

    def __init__(self, transport: asyncio.Transport, pipelining: bool) -> None:
        self._transport = transport
        self.pipelining = pipelining
        self.closed = False
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

    async def envelope(self, sender: str, recipient: str) -> VendorError | None:
        """Announce a message; the reason when the server does not want it."""
        steps = (f"MAIL FROM:<{sender}>\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode(), b"DATA\r\n")
        if self.pipelining:
            replies = await self.exchange(b"".join(steps), 3)
        else:
            replies = []
            for step in steps:
                replies += await self.exchange(step, 1)
                if replies[-1].code >= 400:
                    break
        refused = next((reply for reply in replies if reply.code >= 400), None)
        if refused is None:
            return None
        if len(replies) == 3 and replies[2].code == 354:  # took DATA without a recipient (RFC 2920, section 3.1)
            await self.exchange(b".\r\n", 1)
        await self.exchange(b"RSET\r\n", 1)
        return refusal(refused, recipient_refused=len(replies) > 1 and refused is replies[1])

    async def body(self, message: bytes) -> VendorError | None:
        """Send the message itself, which must be CRLF lines; the reason when the server does not take it."""
        if b"\r\n." in message:
            message = message.replace(b"\r\n.", b"\r\n..")
        (reply,) = await self.exchange(message + b".\r\n", 1)
        return None if reply.code < 400 else refusal(reply)

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self._transport.close()


def refusal(reply: Reply, recipient_refused: bool = False) -> VendorError:
    """A reply of 4xx (transient) or 5xx (permanent); its code is the enhanced one when there is one."""
    enhanced = _ENHANCED.match(reply.text)
    code = enhanced[1] if enhanced else str(reply.code)
    if recipient_refused and not enhanced and reply.code in {550, 551, 553}:
        code = "5.1.1"
    return VendorError(f"{reply.code} {reply.text}", code=code, permanent=reply.code >= 500)


class SmtpTransport:
    """An SMTP account with some kept connections."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._size = int(account.config.get("maxConnections") or CONNECTIONS)
        self._idle: list[Conversation] = []
        self._skeletons: OrderedDict[Template, Skeleton] = OrderedDict()
        self._date = DateHeader()
        self._cost = price(account)

    async def send(self, batch: Sequence[Admitted]) -> list[Delivery]:
        """Carry a batch over the kept connections."""
        answers: list[Delivery | None] = [None] * len(batch)
        work = iter(enumerate(batch))
        date = self._date.at(datetime.now(UTC))
        failures: list[str] = []

        async def lane() -> None:
            conversation = None
            for place, admitted in work:
                try:
                    conversation = conversation or await self._take()
                except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
                    failures.append(str(error))
                    answers[place] = failure(admitted, _unreachable(str(error)))
                    return  # the other lanes go on; what nobody takes fails below
                answers[place] = await self._one(conversation, admitted, date)
                conversation = None if conversation.closed else conversation
            if conversation is not None:
                self._give_back(conversation)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._size, len(batch))):
                group.create_task(lane())
        reason = _unreachable(failures[0] if failures else "")
        return [answer or failure(batch[place], reason) for place, answer in enumerate(answers)]

    async def _one(self, conversation: Conversation, admitted: Admitted, date: str) -> Delivery:
        skeleton = self._skeleton(admitted)
        message = skeleton.message(admitted, date)
        body_left = False
        try:
            refused = await conversation.envelope(skeleton.sender, admitted.outgoing.contact)
            if refused is None:
                body_left = True
                refused = await conversation.body(message)
        except (OSError, TimeoutError) as error:
            conversation.close()
            text = f"The mail server went away ({type(error).__name__})" + (
                "; it may have been sent." if body_left else "."
            )
            return failure(admitted, VendorError(text, code="connection_lost", unclear=body_left))
        if refused is not None:
            return failure(admitted, refused, bounced=refused.code in _NO_SUCH_ADDRESS)
        return sent(admitted, None, self._cost)

    def _skeleton(self, admitted: Admitted) -> Skeleton:
        template = compile_message(admitted.outgoing)
        if (known := self._skeletons.get(template.template)) is None:
            known = self._skeletons[template.template] = Skeleton.of(template, self.account)
            if len(self._skeletons) > SKELETONS_KEPT:
                self._skeletons.popitem(last=False)
        return known

    async def _take(self) -> Conversation:
        now = asyncio.get_running_loop().time()
        while self._idle:
            conversation = self._idle.pop()
            if not conversation.closed and now - conversation.idle_since < IDLE_SECONDS:
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
        config = self.account.config
        host, port = smtp_address(self.account)
        username = config.get("smtpUsername") or config.get("username")
        password = config.get("smtpPassword") or config.get("password")
        return aiosmtplib.SMTP(
            hostname=host,
            port=port,
            username=str(username) if username and password else None,
            password=str(password) if username and password else None,
            use_tls=port == 465,
            start_tls=None,  # whenever the server offers it
            timeout=TIMEOUT_SECONDS,
        )

    async def _connect(self) -> Conversation:
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


def _unreachable(reason: str) -> VendorError:
    return VendorError(f"The mail server cannot be reached: {reason}", code="unreachable")


def smtp_address(account: Account) -> tuple[str, int]:
    """Host and port of an account: its own, or the vendor's relay."""
    config = account.config
    host = config.get("smtpHost") or config.get("host") or RELAYS.get(account.type, "")
    return str(host), int(config.get("smtpPort") or config.get("port") or 587)


RELAYS: Final = {"mailgun": "smtp.mailgun.org", "sendgrid": "smtp.sendgrid.net"}
