"""One case with everything around it: customer, policy, comments, history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from py360.kit.caller import Caller, reach_filter
from py360.kit.paging import Page
from py360.kit.reads import Reads
from py360.modules.cases.queries.history import comment_lines, history_lines
from py360.modules.cases.queries.reach import case_not_found
from py360.modules.cases.queries.rows import COLUMNS, JOINS, CaseRow
from py360.modules.cases.views import CaseCommentView, CaseDetailView, CaseHistoryView, CaseRecordView, JsonObject

LINES_SHOWN: Final = 50  # of the newest comments and history lines in the case itself

_DETAIL: Final = """
select {columns}, u.pan, u.address, p.id as policy_id, p.start_date, p.end_date, p.renewal_date, p.sum_insured::float8 as sum_insured,
  p.payment_frequency, p.coverage_details, p.status as policy_state, c.notes, c.communication_attempts,
  c.last_contact_date, c.payment_method, c.payment_date, c.escalation_reason, c.escalated_at, e.name as escalated_to,
  b.file_name
from renewal_cases c {joins} left join identity_public_users e on e.id = c.escalated_to
where c.id = %(id)s and {within}
"""


@dataclass(slots=True, kw_only=True)
class CaseDetail(CaseRow):
    """A case with what its page shows beyond the lists' row."""

    pan: str | None
    address: JsonObject | None
    policy_id: int
    start_date: date
    end_date: date
    renewal_date: date | None
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
    escalated_to: str | None
    file_name: str | None

    def to_record(self, today: date) -> CaseRecordView:
        """The case of the wire, without its comments and history."""
        return {
            **self.to_public(today),
            "contactInfo": {"email": self.email, "phone": self.phone, "pan": self.pan},
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
            "paymentMethod": self.payment_method,
            "paymentDate": self.payment_date,
            "communicationAttempts": self.communication_attempts,
            "lastContactDate": self.last_contact_date,
            "notes": self.notes,
            "uploadFile": self.file_name,
            "escalatedTo": self.escalated_to,
            "escalationReason": self.escalation_reason,
            "escalatedAt": self.escalated_at,
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
    record = case.to_record(today)
    steps = _steps(record["status"], [line["newStatus"] for line in history])
    return {**record, "flowSteps": steps, "history": history, "comments": comments}


def _steps(status: str, newest_first: Sequence[str | None]) -> list[str]:
    """The statuses reached, in order; the last one is the case's."""
    reached = [step for step in reversed(newest_first) if step and step != status]
    return list(dict.fromkeys([*reached, status]))
