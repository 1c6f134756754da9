"""Reading the requests of the desks: every query starts from the caller's reach."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Final

from pydantic import ConfigDict, Field, StringConstraints

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.http.answers import JsonObject
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.reads import Reads
from py360.kit.wire import QuerySchema
from py360.modules.files import api as files
from py360.modules.servicing.desks import DESKS, Desk, check_type, code_of, not_found, number_of
from py360.modules.servicing.views import RequestDetailView, RequestEventView, RequestView

Words = Annotated[str, StringConstraints(max_length=200)]

_REQUESTS: Final = """
select c.id, c.client_id, c.request_number, c.kind, c.type, c.status, c.status_reason, c.priority, c.title, c.description,
  u.customer_code, u.full_name as customer_name, p.policy_number, c.case_id, c.assigned_to, a.name as agent, c.due_on,
  c.product_name, c.premium, c.sum_insured, c.details, m.name as created_by, c.created_at, c.updated_at, c.closed_at, c.version
from service_requests c
join customers_public_contact u on u.id = c.customer_id
left join customers_public_policy p on p.id = c.policy_id
left join identity_public_users a on a.id = c.assigned_to
left join identity_public_users m on m.id = c.created_by
"""
_HISTORY: Final = """
select h.id, h.event, h.details, h.old_status, h.new_status, u.name as user, h.at
from service_request_history h left join identity_public_users u on u.id = h.user_id
"""
_SORTS: Final = {
    "createdAt": "c.id",
    "number": "c.id",
    "dueOn": "c.due_on nulls last",
    "status": "c.status",
    "priority": "array_position(array['urgent', 'high', 'medium', 'low'], c.priority)",
    "customerName": "lower(u.full_name)",
}
_COLUMNS: Final = (
    "number", "typeLabel", "statusLabel", "priority", "title", "customerName", "policyNumber", "assignedAgent", "dueOn",
    "productName", "premium", "sumInsured", "createdBy", "createdAt", "closedAt",
)  # fmt: skip


class Filters(QuerySchema):
    """Which requests. `status` takes several, and `open`; the days they should be done on include both."""

    model_config = ConfigDict(frozen=True)

    status: Words | None = None
    type: Words | None = None
    priority: Words | None = None
    assigned_to: Annotated[int | None, Field(description="0: nobody")] = None
    due_from: date | None = None
    due_to: date | None = None
    search: Annotated[Words | None, Field(description="A piece of the number, title, customer or policy number")] = None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request with the names it is listed by; amounts in INR."""

    id: int
    client_id: int
    request_number: str
    kind: str
    type: str
    status: str
    status_reason: str | None
    priority: str
    title: str | None
    description: str | None
    customer_code: str
    customer_name: str
    policy_number: str | None
    case_id: int | None
    assigned_to: int | None
    agent: str | None
    due_on: date | None
    product_name: str | None
    premium: Decimal | None
    sum_insured: Decimal | None
    details: JsonObject
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    version: int

    def to_public(self, desk: Desk) -> RequestView:
        """The request as the API answers it."""
        return {
            "id": self.request_number,
            "number": self.request_number,
            "clientId": self.client_id,
            "kind": self.kind,
            "type": self.type,
            "typeLabel": desk.types[self.type],
            "status": self.status,
            "statusLabel": desk.labels[self.status],
            "statusReason": self.status_reason,
            "priority": self.priority,
            "title": self.title,
            "description": self.description,
            "customerId": self.customer_code,
            "customerName": self.customer_name,
            "policyNumber": self.policy_number,
            "caseId": ids.code("case", self.case_id) if self.case_id else None,
            "assignedTo": self.assigned_to,
            "assignedAgent": self.agent,
            "dueOn": self.due_on,
            "productName": self.product_name,
            "premium": self.premium,
            "sumInsured": self.sum_insured,
            "details": self.details,
            "createdBy": self.created_by,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "closedAt": self.closed_at,
            "version": self.version,
        }


def requests(desk: Desk, caller: Caller, chosen: Filters, sort: str | None) -> Listing[RequestRow]:
    """The requests of a desk within reach, newest first; raises Invalid for an unknown type or sort."""
    within, params = reach_filter(caller)
    statuses = [code_of(word) for word in comma_list(chosen.status)]
    if "open" in statuses:
        statuses = [status for status in desk.labels if status not in desk.final]
    values = {
        **params,
        "kind": desk.kind,
        "statuses": statuses or None,
        "types": [check_type(desk, word) for word in comma_list(chosen.type)] or None,
        "priorities": [code_of(word) for word in comma_list(chosen.priority)] or None,
        "assigned": chosen.assigned_to,
        "from": chosen.due_from,
        "to": chosen.due_to,
        "like": containing(chosen.search),
    }
    return Listing(
        desk.name,
        _REQUESTS,
        f"c.kind = %(kind)s and {within}"
        " and (%(statuses)s::text[] is null or c.status = any(%(statuses)s))"
        " and (%(types)s::text[] is null or c.type = any(%(types)s))"
        " and (%(priorities)s::text[] is null or c.priority = any(%(priorities)s))"
        " and (%(assigned)s::bigint is null or coalesce(c.assigned_to, 0) = %(assigned)s)"
        " and (%(from)s::date is null or c.due_on >= %(from)s) and (%(to)s::date is null or c.due_on <= %(to)s)"
        " and (%(like)s::text is null or c.request_number ilike %(like)s or c.title ilike %(like)s"
        " or u.full_name ilike %(like)s or p.policy_number ilike %(like)s)",
        ordering(sort, _SORTS, "-createdAt", "c.id"),
        values,
        partial(_view, desk),
        _COLUMNS,
        row=RequestRow,
    )


def _view(desk: Desk, row: RequestRow) -> RequestView:
    return row.to_public(desk)


async def request(reads: Reads, desk: Desk, caller: Caller, text: str) -> RequestRow:
    """One request by its number or key; raises NotFound."""
    within, params = reach_filter(caller)
    sql = f"{_REQUESTS} where c.id = %(id)s and c.kind = %(kind)s and {within}"
    found = await reads.fetch_one(RequestRow, sql, {**params, "id": number_of(desk, text), "kind": desk.kind})
    if found is None:
        raise not_found(desk, text)
    return found


async def detail(reads: Reads, desk: Desk, found: RequestRow) -> RequestDetailView:
    """A request with where it may go next and how many documents it has."""
    documents = await reads.fetch_only(
        int,
        "select count(*) from files_public_file where entity_type = %(kind)s and entity_id = %(id)s",
        {"kind": desk.kind, "id": found.id},
    )
    allowed = [code for code in desk.labels if code in desk.transitions[found.status]]
    return {**found.to_public(desk), "allowedStatuses": allowed, "documents": documents}


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a request's history."""

    id: int
    event: str
    details: str | None
    old_status: str | None
    new_status: str | None
    user: str | None
    at: datetime

    def to_public(self) -> RequestEventView:
        """The line as the API answers it."""
        return {
            "id": self.id,
            "event": self.event,
            "details": self.details,
            "oldStatus": self.old_status,
            "newStatus": self.new_status,
            "user": self.user,
            "at": self.at,
        }


def history(request_id: int, search: str | None, sort: str | None) -> Listing[Event]:
    """What happened to a request that is known to be within reach, newest first."""
    return Listing(
        "history",
        _HISTORY,
        "h.request_id = %(id)s and (%(search)s::text is null or h.event ilike %(search)s or h.details ilike %(search)s)",
        ordering(sort, {"at": "h.id", "createdAt": "h.id"}, "-at", "h.id"),
        {"id": request_id, "search": containing(search)},
        Event.to_public,
        ("id", "at", "event", "details", "oldStatus", "newStatus", "user"),
        row=Event,
    )


@dataclass(frozen=True, slots=True)
class _Documents:
    """Finds the requests of a desk that documents belong to."""

    desk: Desk

    async def __call__(self, reads: Reads, caller: Caller, named: str | int, /) -> files.Entity:
        """A request by its number, or by our key; raises NotFound."""
        found = await request(reads, self.desk, caller, str(named))
        return files.Entity(found.id, found.client_id, found.request_number)


ENTITIES: Final = {desk.kind: ((desk.permission,), _Documents(desk)) for desk in DESKS}
