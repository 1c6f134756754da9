"""One case with everything around it: customer, policy, comments, history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
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


_INSTALMENTS: Final = """
select id, period, amount::float8 as amount, paid_amount::float8 as paid_amount, due_date, status
from payments_public_instalment where case_id = %(id)s order by due_date, id
"""
UNPAID: Final = frozenset({"pending", "failed"})


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

    def to_record(self, today: date, now: datetime) -> CaseRecordView:
        """The case of the wire, without its comments and history."""
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
            "policyProposer": {"name": self.customer_name, "annualIncome": None},  # no file and no form says the income
            "lifeAssured": {"name": self.customer_name, "sumAssured": self.sum_insured},
            "channelDetails": {
                "businessChannel": self.channel,
                "region": self.region,
                "salesManager": self.sales_manager,
                "agentName": self.agent,
                "agentStatus": self.agent_status,
            },
            "policyMembers": [],  # no file says who else is insured
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
    record = case.to_record(today, resources.current().clock.now())
    steps = _steps(record["status"], [line["newStatus"] for line in history])
    return {
        **record,
        "outstandingAmounts": await _outstanding(reads, case),
        "flowSteps": steps,
        "history": history,
        "comments": comments,
    }


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of what is due, and what was paid on it."""

    id: int
    period: str
    amount: float
    paid_amount: float
    due_date: date
    status: str

    def to_public(self) -> CaseInstalmentView:
        """The instalment of the wire."""
        return {
            "id": ids.code("outstanding", self.id),
            "period": self.period,
            "amount": self.amount,
            "paidAmount": self.paid_amount,
            "dueDate": self.due_date,
            "status": self.status,
        }


async def _outstanding(reads: Reads, case: CaseDetail) -> list[CaseInstalmentView]:
    """What is left to pay, oldest first. A case without instalments owes its amount at once."""
    parts = await reads.fetch_all(Instalment, _INSTALMENTS, {"id": case.id})
    if parts or not case.renewal_amount or case.payment_status not in UNPAID:
        return [part.to_public() for part in parts if part.paid_amount < part.amount]
    whole: CaseInstalmentView = {
        "id": "renewal",
        "period": "Renewal",
        "amount": case.renewal_amount,
        "paidAmount": 0.0,
        "dueDate": case.due_date,
        "status": "pending",
    }
    return [whole]


def _steps(status: str, newest_first: Sequence[str | None]) -> list[str]:
    """The statuses reached, in order; the last one is the case's."""
    reached = [step for step in reversed(newest_first) if step and step != status]
    return list(dict.fromkeys([*reached, status]))
