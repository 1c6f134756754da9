"""SMTP: aiosmtplib opens the connection (TLS, sign-in), then a pipelined session of ours carries the batch.

aiosmtplib awaits every reply on its own: four round trips and some 200 us of CPU per message. With PIPELINING (RFC 2920)
envelope and DATA leave in one write. Servers without it are spoken to step by step by the same code.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import minijinja

from py360.kit.errors import Invalid
from py360.kit.vendor import VendorError
from py360.modules.messaging.messages import UNREACHABLE, Admitted, Delivery
from py360.modules.messaging.render import compile_message
from py360.modules.messaging.vendors.base import (
    UNRECORDED,
    HandOver,
    failure,
    no_account,
    price,
    sent,
    too_fast,
    withheld,
)
from py360.modules.messaging.vendors.mime import DateHeader, Skeleton, envelope
from py360.modules.messaging.vendors.personal_mail import write_mail
from py360.modules.messaging.vendors.smtp_connect import Server, connect
from py360.modules.messaging.vendors.smtp_replies import About, Refusal, Stage, about, is_about_us_for_now
from py360.modules.messaging.vendors.smtp_session import Letter, SmtpSession
from py360.modules.providers.api import MailSettings, ProviderAccount
from py360.modules.templates.api import Template

CONNECTIONS: Final = 20
IDLE_SECONDS: Final = 30.0
TURN_SECONDS: Final = 1.0  # a batch keeps a connection so long while others wait
SKELETONS_KEPT: Final = 64


class SmtpTransport:
    """An SMTP account with some kept connections, which the batches under way share."""

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self._server = Server.of(account)
        self._size = account.expect(MailSettings).max_connections or CONNECTIONS
        self._free = asyncio.Semaphore(self._size)
        self._idle: list[SmtpSession] = []
        self._skeletons: OrderedDict[Template, Skeleton] = OrderedDict()
        self._date = DateHeader()
        self._cost = price(account)

    async def send(self, batch: Sequence[Admitted], hand_over: HandOver = UNRECORDED) -> list[Delivery]:
        """Carry a batch over the kept connections."""
        trip = _Trip(batch, self._date.at(datetime.now(UTC)), hand_over, self._cost)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._size, len(batch))):
                group.create_task(self._share(trip))
        return trip.settled()

    async def _share(self, trip: "_Trip") -> None:
        """One connection's share of a batch, in turns."""
        connects = True
        while trip.waiting and connects:
            async with self._free:
                connects = await _Turn(self, trip).run()

    def next_letter(self, trip: "_Trip", session: SmtpSession) -> Letter | None:
        """The next message of the batch that may leave, as a letter."""
        while trip.waiting:
            place, admitted = trip.waiting.popleft()
            if not trip.hand_over.may_send(admitted):
                trip.answers[place] = withheld(admitted)
                continue
            try:
                outgoing = admitted.outgoing
                if outgoing.mail is not None:
                    sender = self.account.expect(MailSettings)
                    commands = envelope(sender.from_email, outgoing.contact, session.smtputf8)
                    return Letter(place, admitted, commands, write_mail(admitted, outgoing.mail, sender, trip.date))
                skeleton = self._skeleton(admitted)
                commands = skeleton.envelope(outgoing.contact, session.smtputf8)
                return Letter(place, admitted, commands, skeleton.message(admitted, trip.date))
            except VendorError as error:
                trip.answers[place] = failure(admitted, error)
            except (Invalid, minijinja.TemplateError) as error:
                reason = VendorError(f"The message cannot be written: {error}", code="not_rendered", permanent=True)
                trip.answers[place] = failure(admitted, reason)
        return None

    def _skeleton(self, admitted: Admitted) -> Skeleton:
        template = compile_message(admitted.outgoing)
        if (known := self._skeletons.get(template.template)) is None:
            known = self._skeletons[template.template] = Skeleton.of(template, self.account)
            if len(self._skeletons) > SKELETONS_KEPT:
                self._skeletons.popitem(last=False)
        return known

    async def take(self, fresh: bool = False) -> SmtpSession:
        """A connection: a kept one, or a new one. Raises VendorError."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            session = self._idle.pop()
            if not fresh and not session.closed and now - session.idle_since < IDLE_SECONDS:
                session.kept = True
                return session
            session.close()
        return await connect(self._server)

    def give_back(self, session: SmtpSession) -> None:
        """Keep a connection for the next batch."""
        if len(self._idle) >= self._size:
            session.close()
            return
        session.idle_since = asyncio.get_running_loop().time()
        self._idle.append(session)

    async def check(self) -> str:
        """Connect and sign in."""
        self.give_back(await connect(self._server))
        if self._server.username is None:
            return "The mail server answers. The account has no user name, so it was not signed in to."
        return "The mail server answers and takes our sign-in."

    async def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()


class _Turn:
    """A connection's turn: it carries messages until its time is over or none is left.

    Each write carries a body and the next announcement (envelope and DATA). Before a body leaves, its message is handed over,
    together with the answer to the message before.
    """

    def __init__(self, transport: SmtpTransport, trip: "_Trip") -> None:
        self._transport, self._trip = transport, trip
        self._until = asyncio.get_running_loop().time() + TURN_SECONDS
        self._session: SmtpSession | None = None
        self._announced: Letter | None = None  # the server waits for its body
        self._again: Letter | None = None  # met a kept connection that the server had closed: goes again on a new one
        self._answered: Delivery | None = None  # not in the ledger yet

    async def run(self) -> bool:
        """False when no connection can be had; the others continue then."""
        connects = True
        while True:
            await self._hand_over()
            is_over = self._again is None and asyncio.get_running_loop().time() > self._until
            if self._session is None:
                if self._again is None and (is_over or not self._trip.waiting):
                    break
                connects = await self._connect()
            if self._session is None:
                break
            upcoming = self._upcoming(self._session, is_over)
            if self._announced is None and upcoming is None:
                self._transport.give_back(self._session)
                break
            await self._step(self._session, upcoming)
        await self._trip.hand_over.exchange(self._answered, None)
        return connects

    async def _hand_over(self) -> None:
        """Hand the announced message over. When it may not leave any more, its connection is closed."""
        if self._announced is None or self._session is None:
            return
        may_leave = await self._trip.hand_over.exchange(self._answered, self._announced.admitted)
        self._answered = None
        if not may_leave:
            self._answered = self._trip.answer(self._announced, withheld(self._announced.admitted))
            self._session.close()  # the server waits for the body and forgets the announcement (RFC 5321, 4.1.4)
            self._announced = self._session = None

    async def _connect(self) -> bool:
        try:
            self._session = await self._transport.take(fresh=self._again is not None)
        except VendorError as error:
            self._trip.unreachable = error  # the reason of the messages that no connection took
            if self._again is not None:
                self._trip.answer(self._again, failure(self._again.admitted, error))
            return False
        return True

    def _upcoming(self, session: SmtpSession, is_over: bool) -> Letter | None:
        """The letter to announce next."""
        if self._again is not None:
            again, self._again = self._again, None
            return again
        if is_over or (self._announced is not None and not session.pipelining):
            return None
        return self._transport.next_letter(self._trip, session)

    async def _step(self, session: SmtpSession, upcoming: Letter | None) -> None:
        """Write the body of the announced letter and the announcement of the next, and note the answers."""
        announced, trip = self._announced, self._trip
        try:
            step = await session.step(announced.message if announced else None, upcoming)
        except OSError as error:
            self._session = self._announced = None
            if announced is None and session.kept:
                self._again = upcoming
                return
            if announced is not None:
                self._answered = trip.answer(announced, failure(announced.admitted, _lost(error, unclear=True)))
            if upcoming is not None:
                trip.answer(upcoming, failure(upcoming.admitted, _lost(error, unclear=False)))
            return
        if announced is not None:
            self._answered = trip.note(announced, step.body)
        if upcoming is not None and step.is_lost:
            trip.answer(upcoming, failure(upcoming.admitted, _lost(ConnectionResetError(), unclear=False)))
        elif upcoming is not None and step.envelope is not None:
            trip.note(upcoming, step.envelope)
        self._announced = None if step.is_lost or step.envelope is not None else upcoming
        session.kept = False
        if session.closed:
            if self._announced is not None:  # the server took the announcement and closed before the body
                lost = _lost(ConnectionResetError(), unclear=False)
                trip.answer(self._announced, failure(self._announced.admitted, lost))
            self._announced = self._session = None


class _Trip:
    """One batch under way, shared by its connections."""

    def __init__(self, batch: Sequence[Admitted], date: str, hand_over: HandOver, cost: Decimal | None) -> None:
        self.batch = batch
        self.waiting = deque(enumerate(batch))
        self.date = date
        self.hand_over = hand_over
        self.answers: list[Delivery | None] = [None] * len(batch)
        self._cost = cost
        self._refusals: dict[int, Refusal] = {}  # permanent ones of the message or of us, once a sender was taken
        self.unreachable = VendorError("The mail server cannot be reached.", code=UNREACHABLE)

    def answer(self, letter: Letter, delivery: Delivery) -> Delivery:
        """Note what became of a message."""
        self.answers[letter.place] = delivery
        return delivery

    def note(self, letter: Letter, refused: Refusal | None) -> Delivery:
        """Note the server's answer to a message."""
        if refused is None:
            return self.answer(letter, sent(letter.admitted, None, self._cost))
        reply, answer = refused.reply, f"{refused.reply.code} {refused.reply.text}"
        code = reply.enhanced or str(reply.code)
        if reply.code < 500:
            error = too_fast(answer) if is_about_us_for_now(refused) else VendorError(answer, code=code)
            return self.answer(letter, failure(letter.admitted, error))
        subject = about(refused)
        if subject is About.RECIPIENT:
            gone = VendorError(answer, code=code if reply.enhanced else "5.1.1", permanent=True)
            return self.answer(letter, failure(letter.admitted, gone, bounced=True))
        if refused.stage is not Stage.MAIL and reply.code not in {530, 535} and not reply.enhanced.startswith("5.2."):
            self._refusals[letter.place] = refused
        error = no_account(answer) if subject is About.ACCOUNT else VendorError(answer, code=code, permanent=True)
        return self.answer(letter, failure(letter.admitted, error))

    def settled(self) -> list[Delivery]:
        """The answers of the whole batch. Who a refusal is about shows in what the others were answered: a server that took some
        refuses a message, not us (it is tried again later); one that took none for one reason refuses us."""
        answers = [
            answer or failure(admitted, self.unreachable)
            for admitted, answer in zip(self.batch, self.answers, strict=True)
        ]
        took_some = any(answer.status == "sent" for answer in answers)
        refused_all = len(self._refusals) == len(answers) > 1
        for place, refused in self._refusals.items():
            answer = f"{refused.reply.code} {refused.reply.text}"
            if took_some and about(refused) is About.ACCOUNT:
                code = refused.reply.enhanced or str(refused.reply.code)
                answers[place] = failure(self.batch[place], VendorError(answer, code=code))
            elif refused_all:
                answers[place] = failure(self.batch[place], no_account(answer))
        return answers


def _lost(error: Exception, unclear: bool) -> VendorError:
    words = f"The mail server went away ({type(error).__name__})" + ("; it may have been sent." if unclear else ".")
    return VendorError(words, code="connection_lost", unclear=unclear)
