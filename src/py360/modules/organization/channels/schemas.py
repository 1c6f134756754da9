"""What the routes of channels take."""

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from py360.kit.wire import AS_CODE, SHOWN, Schema

Kind = Annotated[Literal["online", "mobile", "offline", "phone", "agent"], AS_CODE]
Status = Annotated[Literal["active", "inactive", "maintenance"], AS_CODE]
Name = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Text = Annotated[str, StringConstraints(max_length=2_000)]
Money = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2, description="INR")]
Cost = Annotated[
    Decimal, Field(ge=0, max_digits=10, decimal_places=2, description="INR for each case that comes through it")
]
MOST_AT_ONCE: Final = 200


def _check_hours(text: str) -> str:
    if text == "24/7":
        return text
    start, _, end = (part.strip() for part in text.partition("-"))
    if not (_is_hour(start) and _is_hour(end) and int(start) < int(end)):
        raise ValueError("must be 24/7 or two hours of a day such as 9-18")
    return f"{int(start)}-{int(end)}"


def _is_hour(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) <= 24


WorkingHours = Annotated[str, StringConstraints(max_length=10), AfterValidator(_check_hours)]


class ChannelSettings(Schema):
    """How cases are given to a channel; hours are India's."""

    auto_assignment: bool = False
    priority: Annotated[Literal["low", "medium", "high"], AS_CODE] = "medium"
    working_hours: WorkingHours = "9-18"
    max_capacity: Annotated[int, Field(ge=0, le=1_000_000, description="Open cases at most")] = 100


class ChannelIn(Schema):
    """A new channel. Its name is what policy files and cases call it."""

    name: Name
    type: Kind
    status: Status = "active"
    description: Text | None = None
    target_audience: Text | None = None
    cost_per_lead: Cost | None = None
    manager_id: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    budget: Money | None = None
    settings: ChannelSettings = ChannelSettings()


class ChannelChange(Schema):
    """The fields of a channel to change."""

    passed_over = SHOWN | {
        "channelId", "conversionRate", "manager", "managerName", "currentCases", "renewedCases", "openCases", "revenue",
        "performance", "isOpenNow",
    }  # fmt: skip
    moves = frozenset(
        {"conversionRate", "currentCases", "renewedCases", "openCases", "revenue", "performance", "isOpenNow"}
    )

    name: Name = "-"
    type: Kind = "online"
    status: Status = "active"
    description: Text | None = None
    target_audience: Text | None = None
    cost_per_lead: Cost | None = None
    manager_id: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    budget: Money | None = None
    settings: ChannelSettings = ChannelSettings()


class BulkIn(Schema):
    """One action on several channels."""

    action: Annotated[Literal["activate", "deactivate", "maintenance", "delete"], AS_CODE]
    ids: Annotated[list[str | int], Field(min_length=1, max_length=MOST_AT_ONCE)]
