"""What the routes of reconciliation take."""

from pydantic import Field

from py360.kit.wire import Schema


class ResolutionIn(Schema):
    """How an exception was resolved."""

    reason: str = Field(min_length=3, max_length=500)
    case_id: str | None = Field(None, max_length=100, description="The case that a receipt pays which is not matched")
