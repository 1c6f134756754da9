"""One case with everything around it: customer, policy, comments, history, messages."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Invalid, NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.paging import Page
from py360.kit.reads import Reads
from py360.modules.cases.queries.rows import COLUMNS, JOINS, shown
from py360.modules.cases.statuses import LABELS
from py360.modules.messaging import api as messaging
from py360.modules.templates import api as templates

_DETAIL: Final = """
select {columns}, u.pan, u.address, p.id as policy_id, p.start_date, p.end_date, p.renewal_date, p.sum_insured::float8 as sum_insured,
  p.payment_frequency, p.coverage_details, p.status as policy_state, c.notes, c.communication_attempts,
  c.last_contact_date, c.payment_method, c.payment_date, c.escalation_reason, c.escalated_at, e.name as escalated_to,
  b.file_name
from renewal_cases c {joins} left join identity_public_users e on e.id = c.escalated_to
where c.id = %(id)s and {within}
"""
_HISTORY: Final = """
select h.id, h.case_id, h.created_at as timestamp, h.action, h.details, h.level, h.old_status, h.new_status, a.name as user
from case_history h left join identity_public_users a on a.id = h.user_id
"""
_COMMENTS: Final = """
select k.id, k.text, a.name as user, k.created_at as timestamp, k.status, k.sub_status as "subStatus",
  k.status_changed as "statusChanged", k.follow_up_changed as "followUpChanged"
from case_comments k left join identity_public_users a on a.id = k.user_id
"""
_SYSTEM: Final = "System"
_SHORT: Final = 50  # of the newest comments and history lines stand in the case itself


def not_found(case_id: int | str) -> NotFound:
    """The answer about a case that does not exist or is out of reach: they are not told apart."""
    return NotFound(f"There is no case {ids.code('case', int(case_id))} within your reach.", code="case_not_found")


async def detail(reads: Reads, caller: Caller, case_id: int, today: date) -> dict[str, Any]:
    """The whole case; raises NotFound, naming it."""
    within, params = reach_filter(caller)
    params = {**params, "id": case_id}
    row = await reads.one(_DETAIL.format(columns=COLUMNS, joins=JOINS, within=within), params)
    if row is None:
        raise not_found(case_id)
    own = {name: row.pop(name) for name in list(row) if name in _OWN}
    newest = Page(1, _SHORT)
    history = (await _lines(case_id, "history").page(reads, newest))["history"]
    comments = (await _remarks(case_id).page(reads, newest))["comments"]
    case = shown(row, today)
    return case | _shown_own(case, own) | {"flowSteps": _steps(case, history), "history": history, "comments": comments}


def _shown_own(case: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What the case's page shows beyond the lists' row."""
    return {
        "contactInfo": {"email": case["customerEmail"], "phone": case["customerMobile"], "pan": own["pan"]},
        "address": own["address"],
        "policyDetails": {
            "id": own["policy_id"],
            "type": case["policyType"],
            "status": own["policy_state"],
            "startDate": own["start_date"],
            "expiryDate": own["end_date"],
            "renewalDate": own["renewal_date"],
            "premium": case["premium"],
            "sumInsured": own["sum_insured"],
            "paymentFrequency": own["payment_frequency"],
            "coverage": own["coverage_details"] or {},
        },
        "paymentMethod": own["payment_method"],
        "paymentDate": own["payment_date"],
        "communicationAttempts": own["communication_attempts"],
        "lastContactDate": own["last_contact_date"],
        "notes": own["notes"],
        "uploadFile": own["file_name"],
        "escalatedTo": own["escalated_to"],
        "escalationReason": own["escalation_reason"],
        "escalatedAt": own["escalated_at"],
    }


def _steps(case: Mapping[str, Any], history: list[dict[str, Any]]) -> list[str]:
    """The statuses reached, in order; the last one is the case's."""
    reached = [line["newStatus"] for line in reversed(history) if line["newStatus"]]
    return list(dict.fromkeys([*(step for step in reached if step != case["status"]), case["status"]]))


# What stands in the case alone, not in the lists.
_OWN: Final = frozenset({
    "pan", "address", "policy_id", "start_date", "end_date", "renewal_date", "sum_insured", "payment_frequency",
    "coverage_details", "policy_state", "notes", "communication_attempts", "last_contact_date", "payment_method",
    "payment_date", "escalation_reason", "escalated_at", "escalated_to", "file_name",
})  # fmt: skip


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"log-{row['id']}",
        "caseId": ids.code("case", row["case_id"]),
        "date": row["timestamp"],
        "timestamp": row["timestamp"],
        "action": row["action"],
        "details": row["details"],
        "user": row["user"] or _SYSTEM,
        "level": row["level"],
        "oldStatus": LABELS.get(row["old_status"] or ""),
        "newStatus": LABELS.get(row["new_status"] or ""),
    }


def _comment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "user": row["user"] or _SYSTEM, "status": LABELS.get(row["status"] or "", row["status"])}


async def seen(reads: Reads, caller: Caller, case_id: int) -> None:
    """Raise NotFound unless the case is within the caller's reach."""
    within, params = reach_filter(caller)
    if not await reads.value(
        f"select 1 from renewal_cases c where c.id = %(id)s and {within}", {**params, "id": case_id}
    ):
        raise not_found(case_id)


async def history(
    reads: Reads, caller: Caller, case_id: int, search: str | None = None, sort: str | None = None
) -> Listing:
    """What happened to a case, newest first; raises NotFound."""
    await seen(reads, caller, case_id)
    return _lines(case_id, "history", search, sort)


def _lines(case_id: int, name: str, search: str | None = None, sort: str | None = None) -> Listing:
    known = {"timestamp": "h.id", "createdAt": "h.id", "action": "h.action", "level": "h.level"}
    return Listing(
        name,
        _HISTORY,
        "h.case_id = %(id)s and (%(search)s::text is null or h.action ilike %(search)s or h.details ilike %(search)s)",
        ordering(sort, known, "-timestamp", "h.id"),
        {"id": case_id, "search": containing(search)},
        _line,
        ("id", "caseId", "timestamp", "action", "details", "user", "level", "oldStatus", "newStatus"),
    )


async def comments(
    reads: Reads, caller: Caller, case_id: int, search: str | None = None, sort: str | None = None
) -> Listing:
    """The comments on a case, newest first; raises NotFound."""
    await seen(reads, caller, case_id)
    return _remarks(case_id, search, sort)


def _remarks(case_id: int, search: str | None = None, sort: str | None = None) -> Listing:
    return Listing(
        "comments",
        _COMMENTS,
        "k.case_id = %(id)s and (%(search)s::text is null or k.text ilike %(search)s)",
        ordering(sort, {"timestamp": "k.id", "createdAt": "k.id"}, "-timestamp", "k.id"),
        {"id": case_id, "search": containing(search)},
        _comment,
        ("id", "timestamp", "user", "text", "status", "subStatus", "statusChanged", "followUpChanged"),
    )


async def logs(
    reads: Reads, caller: Caller, kind: str, value: str, search: str | None = None, sort: str | None = None
) -> Listing:
    """The history of the case with this code, or of the newest case of this policy number (both exact). Raises NotFound."""
    if not value.strip():
        raise Invalid("Say which case or policy: type and value.", code="value_required")
    if kind == "caseId":
        case_id = ids.number("case", value.strip())
        await seen(reads, caller, case_id)
        return _lines(case_id, "logs", search, sort)
    within, params = reach_filter(caller)
    found = await reads.value(
        "select c.id from policies p join renewal_cases c on c.policy_id = p.id"
        f" where p.policy_number = %(number)s and {within} order by c.due_date desc limit 1",
        {**params, "number": value.strip()},
    )
    if found is None:
        raise NotFound(f"There is no case of policy {value.strip()[:100]} within your reach.", code="case_not_found")
    return _lines(found, "logs", search, sort)


_MESSAGES: Final = """
select m.id, m.communication_type, m.subject, m.content, m.recipient_contact, m.status, m.created_at, m.sent_at,
  m.delivered_at, m.opened_at, m.clicked_at, m.replied_at, m.campaign_id, m.error_message, a.name as agent, m.template_id, m.template_version,
  w.subject as template_subject, w.content as template_content, w.format as template_format
from messaging_public_message m left join identity_public_users a on a.id = m.sent_by
left join templates_public_version w on w.template_id = m.template_id and w.version = m.template_version
"""
# Of what customers write we know when they replied to which message. It is answered once a person writes to them again.
_SUMMARY: Final = """
select count(*) + count(m.replied_at) as "totalCommunications", max(greatest(m.created_at, m.replied_at)) as "lastContact",
  count(*) filter (where m.communication_type = 'email') as "totalEmails",
  count(*) filter (where m.communication_type = 'call') as "totalCalls",
  count(*) filter (where m.communication_type = 'sms') as "totalSMS",
  count(*) filter (where m.communication_type = 'whatsapp') as "totalWhatsApp",
  count(*) as "totalOutbound", count(m.replied_at) as "totalInbound",
  count(*) filter (where m.status in ('pending', 'sending')) as pending, 0 as resolved, 0 as escalated,
  coalesce(round(100.0 * count(answer.at) / nullif(count(m.replied_at), 0), 1), 0)::float8 as "responseRate",
  round(extract(epoch from avg(answer.at - m.replied_at)) / 3600, 1)::float8 as "averageResponseTime",
  null as "satisfactionRating", null as "averageCallDuration", null as "firstCallResolution"
from messaging_public_message m
cross join lateral (
  select min(a.sent_at) as at from messaging_public_message a
  where a.case_id = m.case_id and a.sent_at > m.replied_at and a.sent_by is not null and a.campaign_id is null
) answer
where m.case_id = %(id)s
"""


_CHANNELS: Final = ("email", "sms", "whatsapp", "call")


async def communications(
    reads: Reads, caller: Caller, case_id: int, channel: str | None, search: str | None = None, sort: str | None = None
) -> Listing:
    """What was sent to the case's customer, newest first (domain reference, 10); raises NotFound, Invalid.

    A search finds words of the messages and of the templates, not the values that stand in a template's place.
    """
    await seen(reads, caller, case_id)
    if channel and channel not in _CHANNELS:
        raise Invalid("A channel is email, sms, whatsapp or call.", code="unknown_channel")
    values = (await templates.case_values(reads, [case_id])).get(case_id, {})
    return Listing(
        "communications",
        _MESSAGES,
        "m.case_id = %(id)s and (%(channel)s::text is null or m.communication_type = %(channel)s)"
        " and (%(search)s::text is null or coalesce(m.subject, w.subject) ilike %(search)s"
        " or coalesce(m.content, w.content) ilike %(search)s)",
        ordering(sort, {"timestamp": "m.id", "createdAt": "m.id", "status": "m.status"}, "-timestamp", "m.id"),
        {"id": case_id, "channel": channel, "search": containing(search)},
        partial(_message, values),
        ("id", "type", "direction", "timestamp", "contact", "subject", "content", "agent", "status", "error"),
    )


async def communication_figures(reads: Reads, case_id: int) -> dict[str, Any]:
    """The summary above a case's communications (domain reference, 10).

    `responseRate` is a percentage, 0 when nobody replied; `averageResponseTime` is in hours. What nobody measures yet is null
    (`satisfactionRating`, `averageCallDuration`, `firstCallResolution`); no message is resolved or escalated by itself.
    """
    return await reads.one(_SUMMARY, {"id": case_id}) or {}


def _message(values: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    told = messaging.render_history(row, values) if row["content"] is None else None
    return {
        "id": ids.code(row["communication_type"], row["id"]),
        "type": row["communication_type"],
        "direction": "outbound",
        "subject": told.subject or None if told else row["subject"],
        "content": told.text if told else row["content"],
        "contentRetold": told is not None,
        "contact": row["recipient_contact"],
        "timestamp": row["sent_at"] or row["created_at"],
        "agent": row["agent"] or _SYSTEM,
        "status": row["status"],
        "deliveredAt": row["delivered_at"],
        "openedAt": row["opened_at"],
        "clickedAt": row["clicked_at"],
        "repliedAt": row["replied_at"],
        "campaignId": row["campaign_id"] and ids.code("campaign", row["campaign_id"]),
        "error": row["error_message"],
    }
