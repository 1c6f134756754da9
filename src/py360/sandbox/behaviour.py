"""How the simulated customers behave: rates per channel, and the fate they give to each contact.

A fate depends on nothing but the seed and the contact, so a run can be repeated and a test can foresee it.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from py360.kit.wire import Schema

Channel = Literal["email", "sms", "whatsapp"]
CHANNELS: Final[tuple[Channel, ...]] = ("email", "sms", "whatsapp")

Rate = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]


class Habits(Schema):
    """Rates of one channel, each a share (0 to 1) of those who got as far as that step."""

    refused: Rate = 0.0  # the vendor reports no at once: 550, 21211, 131030
    failed: Rate = 0.0  # accepted, then bounced or undeliverable
    deferred: Rate = 0.0  # e-mail: a temporary failure before the delivery
    opened: Rate = 0.0  # of those delivered; WhatsApp's blue ticks; an SMS has none
    clicked: Rate = 0.0  # of those opened (SMS: delivered)
    stopped: Rate = 0.0  # of those delivered: STOP, or one-click unsubscribe
    complained: Rate = 0.0  # of those delivered: "this is spam" in the mail reader


class Delays(Schema):
    """Average seconds a step takes; each contact takes between half and one and a half times as long."""

    delivered: Seconds = 0.3
    opened: Seconds = 1.5
    clicked: Seconds = 1.0
    paid: Seconds = 1.0
    answered: Seconds = 0.0  # for everybody alike: a message that arrived, and the vendor's answer to whoever sent it


class Behaviour(Schema):
    """Everything that can be changed through `PUT /control/behaviour`."""

    seed: str = "py360"
    email: Habits = Habits(
        refused=0.002, failed=0.015, deferred=0.01, opened=0.45, clicked=0.25, stopped=0.004, complained=0.001
    )
    sms: Habits = Habits(failed=0.03, clicked=0.08, stopped=0.004)
    whatsapp: Habits = Habits(failed=0.04, opened=0.7, clicked=0.15, stopped=0.005)
    pay: Rate = 0.35  # of those who opened the payment page
    declined: Rate = 0.05  # of those who pay: the first attempt fails, the second succeeds
    delays: Delays = Delays()
    reports_sent: bool = True  # vendors also report that a message was handed to the network, before its outcome
    refused_contacts: frozenset[str] = frozenset()  # these are refused whatever the rates

    def changed(self, changes: dict[str, object]) -> "Behaviour":
        """A copy with these (partial, nested, camelCase) changes. Raises pydantic's ValidationError."""
        merged = self.model_dump(by_alias=True)
        for key, value in changes.items():
            old = merged.get(key)
            merged[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        return Behaviour.model_validate(merged)

    def habits(self, channel: Channel) -> Habits:
        """The rates of one channel."""
        return {"email": self.email, "sms": self.sms, "whatsapp": self.whatsapp}[channel]


@dataclass(frozen=True, slots=True)
class Fate:
    """What one contact does with the messages of one channel. `pace` stretches the delays: 0.5 to 1.5."""

    refused: bool
    failed: bool
    deferred: bool
    opens: bool
    clicks: bool
    stops: bool
    complains: bool
    pays: bool
    declined: bool
    pace: float


def plain(contact: str) -> str:
    """A contact as fates and filters know it: lower case, phone numbers without the plus."""
    return contact.strip().lower().removeprefix("+")


def fate(behaviour: Behaviour, channel: Channel, contact: str) -> Fate:
    """The fate of a contact on a channel."""
    habits = behaviour.habits(channel)
    contact = plain(contact)
    mark = hashlib.blake2b(f"{behaviour.seed}\0{channel}\0{contact}".encode(), digest_size=40).digest()
    draws = [int.from_bytes(mark[at : at + 4], "big") / 2**32 for at in range(0, 40, 4)]
    reached = draws[1] >= habits.failed
    opens = reached and draws[3] < habits.opened
    clicks = (reached if channel == "sms" else opens) and draws[4] < habits.clicked
    return Fate(
        refused=draws[0] < habits.refused or contact in {plain(known) for known in behaviour.refused_contacts},
        failed=not reached,
        deferred=reached and draws[2] < habits.deferred,
        opens=opens,
        clicks=clicks,
        stops=reached and draws[5] < habits.stopped,
        complains=reached and draws[6] < habits.complained,
        pays=clicks and draws[7] < behaviour.pay,
        declined=draws[8] < behaviour.declined,
        pace=0.5 + draws[9],
    )
