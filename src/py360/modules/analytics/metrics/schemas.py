"""What the routes of metrics take."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from py360.kit.wire import Schema
from py360.modules.analytics.filters import Filters

Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(max_length=40)]
Drawn = Literal["number", "bar", "line", "pie", "table"]


class MetricFilters(Filters):
    """The dashboard's filters in a body, where an unknown one is refused."""

    model_config = {"extra": "forbid"}  # noqa: RUF012  # Pydantic's own way


class Definition(Schema):
    """What is measured, of what, grouped how."""

    measure: Word
    grouping: Word = "none"
    filters: MetricFilters = Field(default_factory=MetricFilters)


class MetricIn(Definition):
    """A metric to keep. A shared one is seen by everybody of the client who sees the dashboard, each within their reach."""

    passed_over = frozenset(
        {"id", "owner", "isOwn", "createdAt", "updatedAt", "version", "measureTitle", "groupingTitle", "unit"}
    )
    name: Name
    description: Annotated[str, StringConstraints(max_length=500)] = ""
    chart: Drawn = "bar"
    is_shared: bool = False


class StoredFilters(TypedDict):
    """The filters as they are stored, under the API's names."""

    dateRange: str
    startDate: NotRequired[str | None]
    endDate: NotRequired[str | None]
    policyType: str
    caseStatus: str
    teamId: str
    memberId: str
