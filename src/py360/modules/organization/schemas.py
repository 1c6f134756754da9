"""What the API of organization takes."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from py360.kit.wire import SHOWN, Schema

Kind = Literal["region", "state", "branch", "department", "team"]
Status = Literal["active", "inactive", "restructuring"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Money = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]
Text = Annotated[str, StringConstraints(max_length=2000)]


class NodeIn(Schema):
    """A new node. Its parent stands exactly one level higher; a region has none."""

    name: Name
    type: Kind
    parent_id: int | None = None
    manager_id: int | None = None
    description: Text | None = None
    budget: Money | None = None
    target_cases: Annotated[int, Field(ge=0, le=2_000_000_000)] | None = None
    status: Status = "active"
    branch_code: Annotated[str, StringConstraints(min_length=1, max_length=50)] | None = Field(
        None, description="Of a branch: the code that policy files use. Empty: BR- and the node's number"
    )
    ifsc: Annotated[str, StringConstraints(pattern=r"^[A-Z]{4}0[A-Z0-9]{6}$")] | None = None


class NodeChange(Schema):
    """The fields to change. Type and parent have their own rules: a node is moved, its type is fixed."""

    passed_over = SHOWN | {
        "type", "parentId", "managerName", "currentCases", "renewedCases", "revenue", "memberCount", "branchId", "children",
        "performance", "teamMembers",
    }  # fmt: skip
    moves = frozenset(
        {"currentCases", "renewedCases", "revenue", "memberCount", "children", "performance", "teamMembers"}
    )

    name: Name = "-"
    manager_id: int | None = None
    description: Text | None = None
    budget: Money | None = None
    target_cases: Annotated[int, Field(ge=0, le=2_000_000_000)] | None = None
    status: Status = "active"
    branch_code: Annotated[str, StringConstraints(min_length=1, max_length=50)] = "-"
    ifsc: Annotated[str, StringConstraints(pattern=r"^[A-Z]{4}0[A-Z0-9]{6}$")] | None = None


class Move(Schema):
    """The new parent."""

    parent_id: int


class Home(Schema):
    """From which day (in India) the user's home is here; today when left out."""

    valid_from: date | None = None
