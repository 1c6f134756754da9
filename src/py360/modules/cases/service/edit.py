"""The edit dialog of a case: customer, contacts, policy, the amount due, the agent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db, field_errors, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.schemas import Edit
from py360.modules.cases.service import history
from py360.modules.cases.service.assign import assign_locked, find_agent, refuse_closed
from py360.modules.cases.service.lock import Case, lock
from py360.modules.cases.statuses import CORRECTABLE, LABELS
from py360.modules.customers import api as customers

Value = str | date | Decimal | None

_SET: Final = """
update renewal_cases set {sets}, last_action_date = %(at)s, version = version + 1 where id = any(%(ids)s)
"""
_REMEMBER: Final = f"update renewal_cases set {corrections.REMEMBER} where id = %(id)s"
_CASE_EXISTS: Final = "select 1 from renewal_cases where policy_id = %(policy)s and due_date = %(due)s"
_CONTACTS: Final[Mapping[str, TypeAdapter[str]]] = {
    "email": TypeAdapter(customers.Email),
    "phone": TypeAdapter(customers.Phone),
}


async def set_columns(session: AsyncSession, case_ids: Sequence[int], values: Mapping[str, Value]) -> None:
    """Set these columns of locked cases; the last action and the version follow."""
    sets = ", ".join(f"{name} = %({name})s" for name in values) or "updated_at = now()"
    now = resources.current().clock.now()
    await db.execute(session, _SET.format(sets=sets), {**values, "at": now, "ids": list(case_ids)})


async def version_of(session: AsyncSession, case_id: int) -> int:
    """The version of a case as the session sees it."""
    return await db.fetch_only(session, int, "select version from renewal_cases where id = %(id)s", {"id": case_id})


async def edit(session: AsyncSession, caller: Caller, case_id: int, body: Edit, if_match: int | None) -> int:
    """Name and contacts, the policy's type, premium and expiry, the amount due, the agent; the new version.

    Raises PreconditionFailed when the caller names the version they changed and another user was faster; the screens of
    the reference do not name it (section 7), and change only the fields they send. Also NotFound, Invalid and Conflict.
    """
    case = await lock(session, caller, case_id, if_match if if_match is not None else body.version)
    await _check_policy_number(session, case, body.policy_number)
    customer = _customer_fields(body)
    terms = await _changed_terms(session, case, body)
    changes = await customers.change_customer(session, case.customer_id, customer)
    changes += await customers.change_policy(session, case.policy_id, terms.policy)
    changes += [
        f"{name.replace('_', ' ')}: {getattr(case, name) or '—'} → {value}" for name, value in terms.case.items()
    ]
    if changes:
        action = "Contact Update" if customer else "Updated"
        await _correct(session, caller, case, terms.case, action, "; ".join(changes))
    if "agent" in body.model_fields_set:
        agent = await find_agent(session, case.client_id, body.agent)
        if case.assigned_to != (agent.id if agent else None):
            refuse_closed(case)
            await assign_locked(session, caller, [case], agent)
    return await version_of(session, case_id)


def _customer_fields(body: Edit) -> dict[str, str | None]:
    fields = {name: _contact(name, getattr(body, name)) for name in _CONTACTS if name in body.model_fields_set}
    if body.customer_name:
        first, _, last = body.customer_name.rpartition(" ")
        fields |= {"first_name": first or last, "last_name": last if first else ""}
    return fields


async def _correct(
    session: AsyncSession, caller: Caller, case: Case, values: Mapping[str, Value], action: str, details: str
) -> None:
    """Set what is due and remember what a file had of it before; history and live update."""
    await set_columns(session, [case.id], values)
    before = Jsonb(corrections.filed_values({"renewal_amount": case.renewal_amount}, values, CORRECTABLE))
    await db.execute(session, _REMEMBER, {"corrected": before, "id": case.id})
    now = resources.current().clock.now()
    await history.write(session, case.id, action, details, now, level="warning", user_id=caller.user_id)
    await push_live_update(session, [case.id])


@dataclass(slots=True)
class TermChanges:
    """What the dialog changes of the policy, and of the case along with it; by column."""

    policy: dict[str, str | date | Decimal] = field(default_factory=dict)
    case: dict[str, Value] = field(default_factory=dict)


async def _changed_terms(session: AsyncSession, case: Case, body: Edit) -> TermChanges:
    """The due date follows the expiry while they are the same, and the amount due follows the premium: an officer who
    corrects one means both. Raises Conflict when the policy has a case of that due date already, or the case is closed.
    """
    policy = await customers.policy(session, case.policy_id)
    asked = {"policy_type": body.policy_type, "premium_amount": body.premium, "end_date": body.expiry_date}
    terms = TermChanges({name: value for name, value in asked.items() if value is not None})
    if body.expiry_date and case.due_date == (policy.renewal_date or policy.end_date) == policy.end_date:
        terms.policy["renewal_date"] = terms.case["due_date"] = body.expiry_date
    if body.renewal_amount is not None:
        terms.case["renewal_amount"] = body.renewal_amount
    elif body.premium is not None and case.renewal_amount == policy.premium_amount:
        terms.case["renewal_amount"] = body.premium
    terms.case = {name: value for name, value in terms.case.items() if value != getattr(case, name)}
    changed = any(value != getattr(policy, name) for name, value in terms.policy.items())
    if (terms.case or changed) and case.closed_at is not None:
        raise Conflict(
            f"{case.case_number} is {LABELS[case.status]}: its policy, amount and date stay.", code="case_closed"
        )
    if body.expiry_date and "due_date" in terms.case:
        await _check_no_case(session, case.policy_id, body.expiry_date)
    return terms


async def _check_no_case(session: AsyncSession, policy_id: int, due: date) -> None:
    if await db.fetch_one(session, int, _CASE_EXISTS, {"policy": policy_id, "due": due}):
        raise Conflict(
            f"The policy has a case for {due:%d/%m/%Y} already.",
            code="case_exists",
            details=[{"field": "expiryDate", "message": "is the due date of another case"}],
        )


def _contact(name: str, text: str | None) -> str | None:
    try:
        return _CONTACTS[name].validate_python(text) if text else None
    except ValidationError as error:
        message = field_errors.words(error.errors()[0])
        raise Invalid(f"{name}: {message}.", details=[{"field": name, "message": message}]) from error


async def _check_policy_number(session: AsyncSession, case: Case, text: str | None) -> None:
    if text is None:
        return
    sql = "select policy_number from policies where id = %(id)s"
    number = await db.fetch_only(session, str, sql, {"id": case.policy_id})
    if text.strip() != number:
        raise Invalid(
            f"The policy number {number} cannot be changed.",
            code="policy_number_locked",
            details=[{"field": "policyNumber", "message": "is fixed"}],
        )
