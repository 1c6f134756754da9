"""What the API answers of the desks."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import JsonObject, Pagination
from py360.kit.wire import Amount


class RequestView(TypedDict):
    """A request at a desk; amounts in INR."""

    id: str
    number: str
    clientId: int
    kind: str
    type: str
    typeLabel: str
    status: str
    statusLabel: str
    statusReason: str | None
    priority: str
    title: str | None
    description: str | None
    customerId: str
    customerName: str
    policyNumber: str | None
    caseId: str | None
    assignedTo: int | None
    assignedAgent: str | None
    dueOn: date | None
    productName: str | None
    premium: Amount | None
    sumInsured: Amount | None
    details: JsonObject
    createdBy: str | None
    createdAt: datetime
    updatedAt: datetime
    closedAt: datetime | None
    version: int


class RequestDetailView(RequestView):
    """One request, with where it may go next and how many documents it has."""

    allowedStatuses: list[str]
    documents: int


class RequestSaved(TypedDict):
    """A request that was opened or changed."""

    id: str
    status: str
    version: int
    message: str


class RequestEventView(TypedDict):
    """Something that happened to a request."""

    id: int
    event: str
    details: str | None
    oldStatus: str | None
    newStatus: str | None
    user: str | None
    at: datetime


class RequestHistory(TypedDict):
    """A page of a request's history."""

    history: list[RequestEventView]
    pagination: Pagination


class RequestList(TypedDict):
    """A page of endorsement requests."""

    requests: list[RequestView]
    pagination: Pagination


class ApplicationList(TypedDict):
    """A page of applications."""

    applications: list[RequestView]
    pagination: Pagination


class AssessmentList(TypedDict):
    """A page of underwriting assessments."""

    assessments: list[RequestView]
    pagination: Pagination
