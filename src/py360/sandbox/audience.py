"""The customers behind the vendors: what becomes of each message that was accepted."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal, Protocol

from py360.sandbox import pages
from py360.sandbox.behaviour import Behaviour, Channel, Fate, fate
from py360.sandbox.journal import Journal, Message
from py360.sandbox.pages import Page
from py360.sandbox.timeline import Timeline
from py360.sandbox.visitor import Visitor

Action = Literal["open", "click", "pay", "stop", "bounce", "complain"]
MOST_WAITING: Final = 400_000  # steps under way; beyond it the vendors ask the sender to slow down


class Vendor(Protocol):
    """What the audience asks of a message vendor: report to the sender what happened, in the vendor's own format."""

    def sent(self, message: Message) -> None:
        """Handed to the network."""
        ...

    def delivered(self, message: Message) -> None:
        """Arrived."""
        ...

    def failed(self, message: Message) -> None:
        """Will never arrive."""
        ...

    def deferred(self, message: Message) -> None:
        """Did not arrive yet."""
        ...

    def opened(self, message: Message) -> bool:
        """Was read; False when the vendor has no receipt for it and the reader shows it otherwise."""
        ...

    def stopped(self, message: Message) -> bool:
        """The customer answered STOP; False when the vendor has no such answer."""
        ...

    def complained(self, message: Message) -> None:
        """The customer called it spam."""
        ...


class Audience:
    """Plays the fate of every accepted message, step by step."""

    def __init__(self, journal: Journal, timeline: Timeline, visitor: Visitor) -> None:
        self.behaviour = Behaviour()
        self.vendors: dict[Channel, Vendor] = {}
        self._journal = journal
        self._timeline = timeline
        self._visitor = visitor

    @property
    def crowded(self) -> bool:
        """Whether so much is under way that vendors should answer "too many requests"."""
        return self._timeline.waiting + self._visitor.waiting > MOST_WAITING

    def refuses(self, channel: Channel, contact: str) -> bool:
        """Whether the vendor refuses this contact at once."""
        refused = fate(self.behaviour, channel, contact).refused
        if refused:
            self._journal.count(channel, "refused")
        return refused

    async def receive(self, message: Message) -> None:
        """A vendor accepted this message: let its fate run, and answer in the vendor's own time."""
        self._begin(message)
        if self.behaviour.delays.answered:
            await asyncio.sleep(self.behaviour.delays.answered)

    def _begin(self, message: Message) -> None:
        self._journal.keep(message)
        lot = fate(self.behaviour, message.channel, message.recipient)
        vendor, delays = self.vendors[message.channel], self.behaviour.delays
        after = delays.delivered * lot.pace
        if self.behaviour.reports_sent:
            self._timeline.after(after / 2, lambda: vendor.sent(message))
        if lot.failed:
            self._report(after, message, "failed", vendor.failed)
            return
        if lot.deferred:
            self._timeline.after(after, lambda: vendor.deferred(message))
            after *= 2
        self._report(after, message, "delivered", vendor.delivered)
        reading = after + delays.opened * lot.pace
        if lot.opens:
            self._timeline.after(reading, lambda: self._open(message, vendor))
        if lot.clicks:
            self._timeline.after(reading + delays.clicked * lot.pace, lambda: self._click(message, lot))
        if lot.stops:
            self._timeline.after(reading * 2, lambda: self._stop(message, vendor))
        if lot.complains:
            self._report(reading * 2, message, "complained", vendor.complained)

    def act(self, message: Message, action: Action) -> None:
        """Have the customer do this with the message at once, whatever its fate says."""
        vendor = self.vendors[message.channel]
        lot = replace(fate(self.behaviour, message.channel, message.recipient), pays=action == "pay", declined=False)
        match action:
            case "open":
                self._open(message, vendor)
            case "click" | "pay":
                self._click(message, lot, again=True)
            case "stop":
                self._stop(message, vendor)
            case "bounce":
                self._report(0, message, "failed", vendor.failed)
            case "complain":
                self._report(0, message, "complained", vendor.complained)

    def _report(self, after: float, message: Message, state: str, report: Callable[[Message], None]) -> None:
        def happen() -> None:
            self._journal.note(message, state)
            report(message)

        self._timeline.after(after, happen)

    def _open(self, message: Message, vendor: Vendor) -> None:
        if vendor.opened(message):
            self._journal.note(message, "opened")
            return

        async def look() -> None:
            for picture in pages.read(message.body).pictures:
                if await self._visitor.picture(picture):
                    self._journal.note(message, "opened")

        self._visitor.go(look)

    def _click(self, message: Message, lot: Fate, again: bool = False) -> None:
        link = content(message).link_to_click()
        if link is None:
            return

        async def follow() -> None:
            visit = await self._visitor.open(link)
            if not visit.good:
                self._journal.count("customers", "deadLinks")
                return
            if (self._journal.note(message, "clicked") or again) and lot.pays:
                self._timeline.after(self.behaviour.delays.paid * lot.pace, lambda: self._pay(visit.url, lot))

        self._visitor.go(follow)

    def _pay(self, url: str, lot: Fate) -> None:
        declined = lot.declined

        async def pay() -> None:
            nonlocal declined
            form = _payment_form((await self._visitor.open(url)).page)
            if form is None:
                self._journal.count("customers", "foundNothingToPay")
                return
            checkout = await self._visitor.submit(form)
            if declined and (form := _checkout_form(checkout.page)):
                checkout = await self._visitor.submit(form, outcome="failure")
                declined = False
            if form := _checkout_form(checkout.page):
                await self._visitor.submit(form, outcome="success")
                self._journal.count("customers", "paid")
            else:
                self._journal.count("customers", "reachedNoCheckout")

        self._visitor.go(pay)

    def _stop(self, message: Message, vendor: Vendor) -> None:
        if vendor.stopped(message):
            self._journal.note(message, "stopped")
        elif message.unsubscribe:

            async def leave() -> None:
                if await self._visitor.unsubscribe(message.unsubscribe):
                    self._journal.note(message, "stopped")

            self._visitor.go(leave)


def content(message: Message) -> Page:
    """A message as its reader sees it."""
    return pages.read(message.body) if message.channel == "email" else pages.read_plain(message.body)


def _payment_form(page: Page) -> pages.Form | None:
    """The form that pays: its action or a button says so, else the only form to send."""
    posting = [form for form in page.forms if form.method == "post"]
    paying = [form for form in posting if "pay" in form.action.lower() or "pay" in str(form.choices).lower()]
    return paying[0] if paying else posting[0] if len(posting) == 1 else None


def _checkout_form(page: Page) -> pages.Form | None:
    """The checkout's form: the one with the buttons of a payment's outcome."""
    return next((form for form in page.forms if "outcome" in form.choices), None)
