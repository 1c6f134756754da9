"""What officers change on a case, one or several: quick edit, the edit dialog, priority, comments, statuses."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db, plain, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.cases import assigning, history, lifecycle, notices
from py360.modules.cases.announcing import announce
from py360.modules.cases.bulk import FILED
from py360.modules.cases.holding import Several, hold, hold_several
from py360.modules.cases.statuses import (
    LABELS,
    POLICY_STATUS,
    SUB_STATUSES,
    WORK_STEPS,
    check_move,
    one_of,
    policy_status_code,
    status_code,
)
from py360.modules.customers import api as customers

_TOUCH: Final = """
update renewal_cases set {sets}, last_action_date = %(at)s, version = version + 1 where id = any(%(ids)s)
"""
_COMMENT: Final = """
insert into case_comments (case_id, text, user_id, status, sub_status, status_changed, follow_up_changed, created_at)
values (%(case)s, %(text)s, %(user)s, %(status)s, %(sub)s, %(status_changed)s, %(follow_up_changed)s, %(at)s) returning id
"""
_REMEMBER: Final = f"update renewal_cases set {corrections.REMEMBER} where id = %(id)s"
_WORDS: Final = {
    "sub_status": "Sub-status",
    "next_follow_up_date": "Next follow-up",
    "current_work_step": "Work step",
    "next_action_plan": "Next action",
}


def is_manager(caller: Caller) -> bool:
    """Whether the caller answers for others' work: who reaches a part of the organisation, or all of it."""
    return caller.reach in ("subtree", "all")


async def _set(session: AsyncSession, case_ids: Sequence[int], values: Mapping[str, Any]) -> None:
    sets = ", ".join(f"{name} = %({name})s" for name in values)
    now = resources.current().clock.now()
    await db.execute(
        session, _TOUCH.format(sets=sets or "updated_at = now()"), {**values, "at": now, "ids": list(case_ids)}
    )


def _status_of(case: db.Row, text: str | None, caller: Caller, reason: str | None) -> str | None:
    """The status to move to, if another is asked for and allowed; raises Conflict or Invalid."""
    new = status_code(text) if text else case["status"]
    if new == case["status"]:
        return None
    check_move(case["case_number"], case["status"], new, manager=is_manager(caller), reason=reason)
    return new


async def _tell_status(session: AsyncSession, caller: Caller, cases: Sequence[db.Row]) -> None:
    """Tell the agents of cases that somebody else moved; the cases have their new status already."""
    if cases:
        await notices.changed(session, cases, LABELS[cases[0]["status"]], f"Set by {caller.name}", but=caller.user_id)


def _work(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a quick edit, checked against the known words."""
    values = {name: fields[name] for name in _WORDS if name in fields}
    if values.get("sub_status"):
        values["sub_status"] = one_of("subStatus", values["sub_status"], SUB_STATUSES)
    if values.get("current_work_step"):
        values["current_work_step"] = one_of("currentWorkStep", values["current_work_step"], WORK_STEPS)
    return values


async def quick_edit(
    session: AsyncSession, caller: Caller, case_id: int, fields: Mapping[str, Any], if_match: int | None
) -> int:
    """Status, sub-status, follow-up, work step and plan, with or without a comment; the new version.

    Raises NotFound, PreconditionFailed, Conflict (the move is not allowed; the allowed ones in the details) and Invalid.
    """
    case = await hold(session, caller, case_id, if_match)
    new = _status_of(case, fields.get("status"), caller, fields.get("reason"))
    changed = {name: value for name, value in _work(fields).items() if value != case[name]}
    if new:
        await lifecycle.move(
            session, [case], new, details=fields.get("reason") or "Set by hand", user_id=caller.user_id
        )
        await _tell_status(session, caller, [case])
    if changed:
        await _set(session, [case_id], changed)
        words = "; ".join(f"{_WORDS[name]}: {case[name] or '—'} → {value or '—'}" for name, value in changed.items())
        await history.write(session, case_id, "Updated", words, resources.current().clock.now(), user_id=caller.user_id)
    if text := fields.get("comment"):
        await _comment(session, caller, case, text, status_changed=new is not None, changed=changed)
    if not (new or changed or fields.get("comment")):
        return int(case["version"])
    await announce(session, [case_id])
    return await _version(session, case_id)


async def _version(session: AsyncSession, case_id: int) -> int:
    return int(await db.value(session, "select version from renewal_cases where id = %(id)s", {"id": case_id}))


async def comment(session: AsyncSession, caller: Caller, case_id: int, fields: Mapping[str, Any]) -> int:
    """Add a comment; with updateStatus and updateFollowUp it changes these too. The comment's number."""
    case = await hold(session, caller, case_id)
    changes: dict[str, Any] = {}
    new = None
    if fields.get("update_status"):
        new = _status_of(case, fields.get("status"), caller, fields.get("reason"))
        if "sub_status" in fields:
            changes |= _work({"sub_status": fields["sub_status"]})
    if fields.get("update_follow_up"):
        changes["next_follow_up_date"] = fields.get("next_follow_up_date")
    if new:
        await lifecycle.move(session, [case], new, details=fields["text"], user_id=caller.user_id)
        await _tell_status(session, caller, [case])
    changed = {name: value for name, value in changes.items() if value != case[name]}
    if changed:
        await _set(session, [case_id], changed)
    number = await _comment(session, caller, case, fields["text"], status_changed=new is not None, changed=changed)
    await announce(session, [case_id])
    return number


async def _comment(
    session: AsyncSession, caller: Caller, case: db.Row, text: str, *, status_changed: bool, changed: Mapping[str, Any]
) -> int:
    now = resources.current().clock.now()
    said = {
        "case": case["id"],
        "text": text,
        "user": caller.user_id,
        "status": case["status"],
        "sub": changed.get("sub_status", case["sub_status"]),
        "status_changed": status_changed,
        "follow_up_changed": "next_follow_up_date" in changed,
        "at": now,
    }
    number: int = await db.value(session, _COMMENT, said)
    await history.write(session, case["id"], "Comment Added", text[:500], now, user_id=caller.user_id)
    await db.execute(session, "update renewal_cases set last_action_date = %(at)s where id = %(case)s", said)
    return number


async def set_priority(session: AsyncSession, caller: Caller, case_id: int, is_priority: bool) -> db.Row:
    """Make a case a priority (high) or normal (medium); one that is so already stays as it is. Raises NotFound."""
    case = await hold(session, caller, case_id)
    if (case["priority"] in ("high", "urgent")) != is_priority:
        await _set(session, [case_id], {"priority": "high" if is_priority else "medium"})
        words = "Marked as priority" if is_priority else "Back to normal priority"
        await history.write(
            session, case_id, "Priority", words, resources.current().clock.now(), user_id=caller.user_id
        )
        if is_priority:
            by = f"Marked by {caller.name}"
            await notices.changed(session, [case], "marked as priority", by, but=caller.user_id, priority="high")
        await announce(session, [case_id])
    return case


_POLICY: Final = {"policy_type": "policy_type", "premium": "premium_amount", "expiry_date": "end_date"}
_TAKEN: Final = "select 1 from renewal_cases where policy_id = %(policy)s and due_date = %(due)s"
_CONTACT: Final[Mapping[str, TypeAdapter[str]]] = {
    "email": TypeAdapter(customers.Email),
    "phone": TypeAdapter(customers.Phone),
}


async def edit(
    session: AsyncSession, caller: Caller, case_id: int, fields: Mapping[str, Any], if_match: int | None
) -> int:
    """The edit dialog: name and contacts, the policy's type, premium and expiry, the amount due, the agent; the new version.

    Raises PreconditionFailed when the caller says which version they changed and somebody else was faster; the screens of
    the reference do not say it (section 7), and change only the fields they send. Also NotFound, Invalid and Conflict.
    """
    seen = if_match if if_match is not None else fields.get("version")
    case = await hold(session, caller, case_id, seen)
    await _same_policy_number(session, case, fields.get("policy_number"))
    person = {name: _contact(name, fields[name]) for name in _CONTACT if name in fields}
    if fields.get("customer_name"):
        first, _, last = fields["customer_name"].rpartition(" ")
        person |= {"first_name": first or last, "last_name": last if first else ""}
    told = await customers.change_customer(session, case["customer_id"], person)
    terms, due = await _terms(session, case, fields)
    told += await customers.change_policy(session, case["policy_id"], terms)
    told += [f"{name.replace('_', ' ')}: {case[name] or '—'} → {value}" for name, value in due.items()]
    if told:
        action = "Contact Update" if person else "Updated"
        await _correct(session, caller, case, due, action, "; ".join(told))
    if "agent" in fields:
        agent = await assigning.find_agent(session, case["client_id"], fields["agent"])
        if case["assigned_to"] != (agent.id if agent else None):
            assigning.refuse_closed(case)
            await assigning.give(session, caller, [case], agent)
    return await _version(session, case_id)


async def _correct(
    session: AsyncSession, caller: Caller, case: db.Row, due: Mapping[str, Any], action: str, told: str
) -> None:
    """Set what is due, remember what a file had said of it, and tell the history and the screens."""
    await _set(session, [case["id"]], due)
    said = Jsonb(corrections.said_before(case, due, FILED))
    await db.execute(session, _REMEMBER, {"corrected": said, "id": case["id"]})
    now = resources.current().clock.now()
    await history.write(session, case["id"], action, told, now, level="warning", user_id=caller.user_id)
    await announce(session, [case["id"]])


async def _terms(
    session: AsyncSession, case: db.Row, fields: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the dialog changes of the policy, and of the case along with it.

    The due date goes with the expiry while they are the same, and the amount due with the premium: an officer who
    corrects one means both. Raises Conflict when the policy has a case of that due date already.
    """
    policy = await customers.policy(session, case["policy_id"])
    terms = {_POLICY[name]: fields[name] for name in _POLICY if fields.get(name) is not None}
    due: dict[str, Any] = {}
    if "end_date" in terms and case["due_date"] == (policy.renewal_date or policy.end_date) == policy.end_date:
        terms["renewal_date"] = due["due_date"] = terms["end_date"]
    if fields.get("renewal_amount") is not None:
        due["renewal_amount"] = fields["renewal_amount"]
    elif "premium_amount" in terms and case["renewal_amount"] == policy.premium_amount:
        due["renewal_amount"] = terms["premium_amount"]
    due = {name: value for name, value in due.items() if value != case[name]}
    changed = {name for name, value in terms.items() if value != getattr(policy, name)}
    if (due or changed) and case["closed_at"] is not None:
        raise Conflict(
            f"{case['case_number']} is {LABELS[case['status']]}: its policy, amount and date stay.", code="case_closed"
        )
    if "due_date" in due and await db.value(session, _TAKEN, {"policy": case["policy_id"], "due": due["due_date"]}):
        raise Conflict(
            f"The policy has a case for {due['due_date']:%d/%m/%Y} already.",
            code="case_exists",
            details=[{"field": "expiryDate", "message": "is the due date of another case"}],
        )
    return terms, due


def _contact(name: str, text: str | None) -> str | None:
    try:
        return _CONTACT[name].validate_python(text) if text else None
    except ValidationError as error:
        message = plain.words(error.errors()[0])
        raise Invalid(f"{name}: {message}.", details=[{"field": name, "message": message}]) from error


async def _same_policy_number(session: AsyncSession, case: db.Row, text: str | None) -> None:
    number = await db.value(session, "select policy_number from policies where id = %(policy_id)s", case)
    if text is not None and text.strip() != number:
        raise Invalid(
            f"The policy number {number} cannot be changed.",
            code="policy_number_locked",
            details=[{"field": "policyNumber", "message": "is fixed"}],
        )


async def set_status(
    session: AsyncSession, caller: Caller, wanted: Sequence[str | int], text: str, reason: str | None
) -> tuple[Several, str]:
    """Move several cases to one status; who may not move stands among the failures. Also the code of the status."""
    new = status_code(text)
    several = await hold_several(session, caller, wanted)
    moving, fit = [], []
    for case in several.cases:
        try:
            if _status_of(case, new, caller, reason):
                moving.append(case)
            fit.append(case)
        except (Conflict, Invalid) as problem:
            several.fail(case, problem)
    several.cases = fit
    await lifecycle.move(
        session, moving, new, details=reason or "Set by hand, together with others", user_id=caller.user_id
    )
    await _tell_status(session, caller, moving)
    await announce(session, [case["id"] for case in moving])
    return several, new


async def set_policy_status(
    session: AsyncSession, caller: Caller, wanted: Sequence[str | int], text: str
) -> tuple[Several, str]:
    """Set the policy status of several cases by hand; also its code."""
    code = policy_status_code(text)
    several = await hold_several(session, caller, wanted)
    fit = []
    for case in several.cases:
        if (case["status"] == "renewed") == (code == "active"):
            fit.append(case)
            continue
        words = f"Active belongs to renewed cases only; {case['case_number']} does not fit."
        several.fail(case, Conflict(words, code="not_renewed"))
    several.cases = fit
    numbers = [case["id"] for case in fit if case["policy_status"] != code]
    if numbers:
        await _set(session, numbers, {"policy_status": code})
        now = resources.current().clock.now()
        await history.write(session, numbers, "Policy Status", POLICY_STATUS[code], now, user_id=caller.user_id)
        await announce(session, numbers)
    return several, code
