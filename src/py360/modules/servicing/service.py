"""The verbs of the desks: open, change, move, note. Each writes the request's history."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, Invalid, PreconditionFailed
from py360.kit.reads import Reads
from py360.modules.customers import api as customers
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications
from py360.modules.servicing.desks import Desk, check_move, check_type, not_found, number_of
from py360.modules.servicing.schemas import RequestChange, RequestIn, StatusIn

_COLUMNS: Final = (
    "title", "description", "priority", "assigned_to", "due_on", "product_name", "premium", "sum_insured", "details",
)  # fmt: skip
# A request belongs to its agent's home node, else to the node of the policy's case or of whoever opens it.
_INSERT: Final = """
insert into service_requests (client_id, kind, prefix, type, status, customer_id, policy_id, case_id, node_id, assigned_to,
  priority, title, description, due_on, product_name, premium, sum_insured, details, created_by, created_at, updated_at)
select %(client)s, %(kind)s, %(prefix)s, %(type)s, %(status)s, %(customer)s, %(policy)s, k.id,
  coalesce((select h.node_id from organization_public_homes h where h.user_id = %(assigned_to)s), k.node_id, %(node)s),
  %(assigned_to)s, %(priority)s, %(title)s, %(description)s, %(due_on)s, %(product_name)s, %(premium)s, %(sum_insured)s,
  %(details)s, %(user)s, %(now)s, %(now)s
from (select 1) one left join lateral (
  select c.id, c.node_id from cases_public_case c where c.policy_id = %(policy)s and c.is_open order by c.due_date limit 1) k on true
returning id, request_number, client_id, status, assigned_to, version
"""
_LOCK: Final = """
select c.id, c.request_number, c.client_id, c.status, c.assigned_to, c.version from service_requests c
where c.id = %(id)s and c.kind = %(kind)s and {within} for update
"""
_SET: Final = """
update service_requests c set {sets}, updated_at = %(now)s, version = c.version + 1 where c.id = %(id)s returning c.version
"""
_PLACE: Final = "node_id = coalesce((select h.node_id from organization_public_homes h where h.user_id = %(assigned_to)s), c.node_id)"
_NOTE: Final = """
insert into service_request_history (request_id, event, details, old_status, new_status, user_id, at)
values (%(id)s, %(event)s, %(details)s, %(old)s, %(new)s, %(user)s, %(now)s)
"""


@dataclass(slots=True)
class Request:
    """A locked request."""

    id: int
    request_number: str
    client_id: int
    status: str
    assigned_to: int | None
    version: int


@dataclass(frozen=True, slots=True)
class _Subject:
    client_id: int
    customer_id: int
    policy_id: int | None


async def open_request(session: AsyncSession, reads: Reads, desk: Desk, caller: Caller, body: RequestIn) -> Request:
    """Open a request; it is the caller's own unless another user is named or the caller reaches all.

    Raises NotFound (customer, policy), Invalid (type, neither customer nor policy, user).
    """
    kind = check_type(desk, body.type)
    subject = await _subject(reads, desk, caller, body)
    given = "assigned_to" in body.model_fields_set or caller.reach == "all"
    agent = body.assigned_to if given else caller.user_id
    await _check_agent(session, subject.client_id, agent)
    params = _values(body.model_dump(include=set(_COLUMNS))) | {
        "client": subject.client_id,
        "kind": desk.kind,
        "prefix": desk.prefix,
        "type": kind,
        "status": desk.first,
        "customer": subject.customer_id,
        "policy": subject.policy_id,
        "node": caller.node_id,
        "assigned_to": agent,
        "user": caller.user_id,
        "now": resources.current().clock.now(),
    }
    made = await db.fetch_only(session, Request, _INSERT, params)
    await _note(session, made, caller, "Opened", desk.types[kind], new=desk.first)
    await _notify(session, desk, made, caller)
    return made


async def _subject(reads: Reads, desk: Desk, caller: Caller, body: RequestIn) -> _Subject:
    """The customer and the policy that a request is about."""
    if body.policy_number:
        policy = await customers.find_policy(reads, caller, body.policy_number)
        return _Subject(policy.client_id, policy.customer_id, policy.id)
    if desk.needs_policy:
        raise Invalid(
            f"Name the policy of the {desk.noun}.",
            code="policy_required",
            details=[{"field": "policyNumber", "message": "is missing"}],
        )
    if body.customer_id is None:
        raise Invalid(
            f"Name the customer of the {desk.noun}.",
            code="customer_required",
            details=[{"field": "customerId", "message": "is missing"}],
        )
    customer = await customers.customer_entity(reads, caller, str(body.customer_id))
    return _Subject(customer.client_id, customer.id, None)


async def _check_agent(session: AsyncSession, client_id: int, user_id: int | None) -> None:
    """Raise Invalid unless this is an active user who works for the client."""
    if user_id is not None and str(user_id) not in await identity.find_agents(session, client_id, [str(user_id)]):
        raise Invalid(
            "This is no active user of the client.",
            code="unknown_user",
            details=[{"field": "assignedTo", "message": "the id of an active user"}],
        )


def _values(fields: Mapping[str, object]) -> dict[str, object]:
    """Columns as the driver takes them."""
    return {name: Jsonb(value) if name == "details" else value for name, value in fields.items()}


async def lock(session: AsyncSession, desk: Desk, caller: Caller, text: str, if_match: int | None = None) -> Request:
    """A request within reach, locked; raises NotFound, and PreconditionFailed when it is not the version the caller saw."""
    within, params = reach_filter(caller)
    values = {**params, "id": number_of(desk, text), "kind": desk.kind}
    found = await db.fetch_one(session, Request, _LOCK.format(within=within), values)
    if found is None:
        raise not_found(desk, text)
    if if_match is not None and if_match != found.version:
        raise PreconditionFailed(headers={"ETag": f'"{found.version}"'})
    return found


async def change(session: AsyncSession, desk: Desk, caller: Caller, request: Request, body: RequestChange) -> None:
    """Change the given fields; the version follows. Raises Conflict (it has ended) and Invalid (user)."""
    if request.status in desk.final:
        words = desk.labels[request.status]
        raise Conflict(f"{request.request_number} is {words} and cannot be changed any more.", code="request_closed")
    values = {name: value for name, value in body.given().items() if name in _COLUMNS}
    if not values:
        return
    sets = [f"{name} = %({name})s" for name in values]
    if "assigned_to" in values:
        await _check_agent(session, request.client_id, body.assigned_to)
        sets.append(_PLACE)
    params = _values(values) | {"id": request.id, "now": resources.current().clock.now()}
    request.version = await db.fetch_only(session, int, _SET.format(sets=", ".join(sets)), params)
    await _note(session, request, caller, "Changed", ", ".join(name.replace("_", " ") for name in values))
    if "assigned_to" in values and body.assigned_to != request.assigned_to:
        request.assigned_to = body.assigned_to
        await _notify(session, desk, request, caller)


async def move(
    session: AsyncSession, reads: Reads, desk: Desk, caller: Caller, request: Request, body: StatusIn
) -> None:
    """Set the status by the desk's table; `status` and `version` follow. Raises Conflict, Invalid and NotFound (policy)."""
    new = check_move(desk, request.request_number, request.status, body.status, body.reason)
    now = resources.current().clock.now()
    params: dict[str, object] = {"id": request.id, "new": new, "reason": body.reason, "now": now}
    sets = "status = %(new)s, status_reason = %(reason)s, closed_at = "
    sets += "%(now)s" if new in desk.final else "null"
    if new == "issued":
        if not body.policy_number:
            raise Invalid(
                "Name the policy that was issued.",
                code="policy_required",
                details=[{"field": "policyNumber", "message": "required for Issued"}],
            )
        params["policy"] = (await customers.find_policy(reads, caller, body.policy_number)).id
        sets += ", policy_id = %(policy)s"
    old = request.status
    request.version = await db.fetch_only(session, int, _SET.format(sets=sets), params)
    request.status = new
    await _note(session, request, caller, desk.labels[new], body.reason, old=old, new=new)
    await _notify(session, desk, request, caller)


async def note(session: AsyncSession, caller: Caller, request: Request, text: str) -> None:
    """Write a note into the history."""
    await _note(session, request, caller, "Note", text)


async def _note(
    session: AsyncSession,
    request: Request,
    caller: Caller,
    event: str,
    details: str | None,
    old: str | None = None,
    new: str | None = None,
) -> None:
    params = {"id": request.id, "event": event, "details": details, "old": old, "new": new, "user": caller.user_id}
    await db.execute(session, _NOTE, {**params, "now": resources.current().clock.now()})


async def _notify(session: AsyncSession, desk: Desk, request: Request, caller: Caller) -> None:
    """Notify the user a request is assigned to, unless it is who did this."""
    if request.assigned_to is None or request.assigned_to == caller.user_id:
        return
    await notifications.notify(
        session,
        request.assigned_to,
        type="assignment",
        title=f"{request.request_number}: {desk.labels[request.status]}",
        message=f"{caller.name}: {desk.noun} {request.request_number} is {desk.labels[request.status]}.",
        data={"requestId": request.request_number},
    )
