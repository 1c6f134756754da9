"""What the API of recommendations takes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from py360.kit.wire import Schema

CustomerCode = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class RecommendFor(Schema):
    """The customer to recommend policies to, by code or number."""

    customer_id: CustomerCode
    limit: Annotated[int, Field(ge=1, le=6)] = 3


class AssessRisk(Schema):
    """The customer whose risk is asked for."""

    customer_id: CustomerCode


class Response(Schema):
    """What became of a recommendation."""

    outcome: Literal["accepted", "declined", "converted"]
    note: Annotated[str, StringConstraints(max_length=500)] | None = None
