"""One case with everything around it: customer, policy, comments, history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.http.answers import JsonObject
from py360.kit.paging import Page
from py360.kit.reads import Reads
from py360.modules.cases.queries.history import comment_lines, history_lines
from py360.modules.cases.queries.reach import case_not_found
from py360.modules.cases.queries.rows import COLUMNS, JOINS, CaseRow
from py360.modules.cases.stages import contact_clock
from py360.modules.cases.views import (
    CaseCommentView,
    CaseDetailView,
    CaseHistoryView,
    CaseInstalmentView,
    CaseRecordView,
)
from py360.modules.customers import api as customers

LINES_SHOWN: Final = 50  # of the newest comments and history lines in the case itself

_DETAIL: Final = """
select {columns}, u.address, p.id as policy_id, p.start_date, p.sum_insured::float8 as sum_insured,
  p.payment_frequency, p.coverage_details, p.status as policy_state, c.notes, c.communication_attempts,
  c.last_contact_date, c.payment_method, c.payment_date, c.escalation_reason, c.escalated_at, c.contact_due_at, c.contact_paused_at,
  c.contact_breached_at, e.name as escalated_to,
  b.file_name, n.name as region, h.name as sales_manager, y.status as agent_status
from renewal_cases c {joins} left join identity_public_users e on e.id = c.escalated_to
left join organization_public_node n on n.id = c.node_id
left join identity_public_users h on h.id = n.manager_id
left join identity_public_users y on y.id = c.assigned_to
where c.id = %(id)s and {within}
"""


# A case without instalments owes its amount at once; the screens know that one by a name of its own.
_INSTALMENTS: Final = """
select i.id, i.period, i.amount, i.paid_amount, i.due_date, i.description
from payments_public_instalment i where i.case_id = %(id)s
union all
select null, 'Renewal', %(amount)s::numeric,
  (select coalesce(sum(m.paid), 0) from payments_public_money m where m.case_id = %(id)s), %(due)s::date, 'Renewal premium'
where not exists (select from payments_public_instalment i where i.case_id = %(id)s)
order by due_date, id
"""
WHOLE: Final = "renewal"


@dataclass(slots=True, kw_only=True)
class CaseDetail(CaseRow):
    """A case with what its page shows beyond the lists' row."""

    address: JsonObject | None
    policy_id: int
    start_date: date
    sum_insured: float | None
    payment_frequency: str | None
    coverage_details: JsonObject | None  # as the insurer's file has it
    policy_state: str
    notes: str | None
    communication_attempts: int
    last_contact_date: datetime | None
    payment_method: str | None
    payment_date: datetime | None
    escalation_reason: str | None
    escalated_at: datetime | None
    contact_due_at: datetime | None
    contact_paused_at: datetime | None
    contact_breached_at: datetime | None
    escalated_to: str | None
    file_name: str | None
    region: str | None
    sales_manager: str | None
    agent_status: str | None

    def to_record(self, people: customers.PolicyPeople, today: date, now: datetime) -> CaseRecordView:
        """The case as the API answers it, without its comments and history. What was not stated of its sale is taken from where the case is."""
        sold = people.channel_details
        return {
            **self.to_row(today),
            "address": self.address,
            "policyDetails": {
                "id": self.policy_id,
                "type": self.policy_type,
                "status": self.policy_state,
                "startDate": self.start_date,
                "expiryDate": self.end_date,
                "renewalDate": self.renewal_date,
                "premium": self.premium,
                "sumInsured": self.sum_insured,
                "paymentFrequency": self.payment_frequency,
                "coverage": self.coverage_details or {},
            },
            "policyProposer": people.proposer,
            "lifeAssured": people.life_assured,
            "channelDetails": {
                "businessChannel": sold.get("businessChannel", self.channel),
                "region": sold.get("region", self.region),
                "salesManager": sold.get("salesManager", self.sales_manager),
                "agentName": sold.get("agentName", self.agent),
                "agentStatus": sold.get("agentStatus", self.agent_status),
            },
            "policyMembers": people.members,
            "familySummary": people.family,
            "paymentMethod": self.payment_method,
            "paymentDate": self.payment_date,
            "communicationAttempts": self.communication_attempts,
            "lastContactDate": self.last_contact_date,
            "notes": self.notes,
            "uploadFile": self.file_name,
            "escalatedTo": self.escalated_to,
            "escalationReason": self.escalation_reason,
            "escalatedAt": self.escalated_at,
            "contactDueAt": self.contact_due_at,
            "contactClock": contact_clock(
                self.contact_due_at,
                self.contact_paused_at,
                self.contact_breached_at,
                self.last_contact_date is not None,
                now,
            ),
        }


async def detail(reads: Reads, caller: Caller, case_id: int, today: date) -> CaseDetailView:
    """The whole case as the API answers it; raises NotFound, naming it."""
    within, params = reach_filter(caller)
    sql = _DETAIL.format(columns=COLUMNS, joins=JOINS, within=within)
    case = await reads.fetch_one(CaseDetail, sql, {**params, "id": case_id})
    if case is None:
        raise case_not_found(case_id)
    newest = Page(1, LINES_SHOWN)
    history: list[CaseHistoryView] = (await history_lines(case_id, "history").page(reads, newest))["history"]
    comments: list[CaseCommentView] = (await comment_lines(case_id).page(reads, newest))["comments"]
    people = await customers.people_of_policy(reads, case.policy_id, today)
    record = case.to_record(people, today, resources.current().clock.now())
    steps = _steps(record["status"], [line["newStatus"] for line in history])
    return {
        **record,
        "outstandingAmounts": await _outstanding(reads, case, today),
        "flowSteps": steps,
        "history": history,
        "comments": comments,
    }


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of what is due, and what was paid on it."""

    id: int | None
    period: str
    amount: Decimal
    paid_amount: Decimal
    due_date: date
    description: str | None

    def to_public(self, today: date) -> CaseInstalmentView:
        """The instalment as the API answers it; overdue by India's calendar."""
        late = (today - self.due_date).days
        return {
            "id": WHOLE if self.id is None else ids.code("outstanding", self.id),
            "period": self.period,
            "amount": float(self.amount),
            "paidAmount": float(self.paid_amount),
            "remaining": float(self.amount - self.paid_amount),
            "dueDate": self.due_date,
            "status": "overdue" if late > 0 else "partial" if self.paid_amount else "pending",
            "daysOverdue": late,
            "isOverdue": late > 0,
            "description": self.description,
        }


async def _outstanding(reads: Reads, case: CaseDetail, today: date) -> list[CaseInstalmentView]:
    """What is left to pay, oldest first."""
    params = {"id": case.id, "amount": case.renewal_amount or case.premium, "due": case.due_date}
    parts = await reads.fetch_all(Instalment, _INSTALMENTS, params)
    return [part.to_public(today) for part in parts if part.paid_amount < part.amount]


def _steps(status: str, newest_first: Sequence[str | None]) -> list[str]:
    """The statuses reached, in order; the last one is the case's."""
    reached = [step for step in reversed(newest_first) if step and step != status]
    return list(dict.fromkeys([*reached, status]))
