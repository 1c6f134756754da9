"""What the API answers of instalments."""

from typing_extensions import TypedDict

from py360.modules.payments.views import OutstandingView


class OutstandingChanged(TypedDict):
    """What is due on the case after the change."""

    outstanding: OutstandingView
    message: str


class PlanMade(TypedDict):
    """A payment plan, and what is due after it."""

    planId: int
    outstanding: OutstandingView
    message: str


class ReminderSent(TypedDict):
    """A reminder."""

    reminderId: int
    messageId: str
    status: str
    message: str
