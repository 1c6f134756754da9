"""What the routes of approvals take."""

from typing import Annotated, Literal

from pydantic import Field

from py360.kit.wire import AS_CODE, Schema


class DecisionIn(Schema):
    """The second person's decision."""

    decision: Annotated[Literal["approved", "declined"], AS_CODE]
    note: str | None = Field(None, max_length=500)
