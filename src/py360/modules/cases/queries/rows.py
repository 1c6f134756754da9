"""A case as a row of the lists: the columns read, and what the API answers (domain reference, 6.1 and 6.3)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from py360.modules.cases.stages import grace_ends, stage_of
from py360.modules.cases.statuses import LABELS, POLICY_STATUS
from py360.modules.cases.views import CaseRowView, CaseTermsView
from py360.modules.identity.api import LANGUAGES

PROFILES: Final = {"normal": "Normal", "hni": "HNI", "super_hni": "Super HNI", "vip": "VIP"}
_LANGUAGE: Final = {code: name for code, name, *_ in LANGUAGES}

# `c` is renewal_cases or some rows picked from it: a list picks the few rows first and joins then.
COLUMNS: Final = """
c.id, c.case_number, c.client_id, u.customer_code, u.full_name as customer_name, u.customer_profile, u.phone, u.email,
u.preferred_language, p.policy_number, p.policy_type, p.product_name, p.product_category, p.grace_period_days, c.grace_until, c.channel,
c.sub_channel, b.batch_code, b.upload_id, c.status, c.sub_status, c.policy_status, c.assigned_to, a.name as agent, c.priority,
c.last_action_date, c.total_calls, c.current_work_step, c.due_date, c.created_at, c.closed_at, c.next_follow_up_date,
c.next_action_plan, u.pan, p.end_date, p.renewal_date, p.premium_amount::float8 as premium, c.renewal_amount::float8 as renewal_amount, c.payment_status, c.version
"""
# Of a list's row: the statuses it went through and its newest comments. A case without an action has neither.
MORE: Final = """,
case when c.last_action_date is not null then array(
  select h.new_status from case_history h where h.case_id = c.id and h.new_status is not null order by h.id) end as steps,
case when c.last_action_date is not null then (
  select json_agg(k) from (
    select k.id, k.text, (select w.name from identity_public_users w where w.id = k.user_id) as "user", k.created_at, k.status,
      k.sub_status, k.status_changed, k.follow_up_changed
    from case_comments k where k.case_id = c.id order by k.id desc limit 5) k) end as comments
"""
JOINS: Final = """
join customers u on u.id = c.customer_id
join policies p on p.id = c.policy_id
left join upload_batches b on b.id = c.batch_id
left join identity_public_users a on a.id = c.assigned_to
"""


@dataclass(slots=True)
class CaseRow:
    """A row of `COLUMNS`."""

    id: int
    case_number: str
    client_id: int
    customer_code: str
    customer_name: str
    customer_profile: str
    phone: str | None
    email: str | None
    preferred_language: str
    policy_number: str
    policy_type: str
    product_name: str | None
    product_category: str | None
    grace_period_days: int
    grace_until: date | None
    channel: str | None
    sub_channel: str | None
    batch_code: str | None
    upload_id: int | None
    status: str
    sub_status: str | None
    policy_status: str | None
    assigned_to: int | None
    agent: str | None
    priority: str
    last_action_date: datetime | None
    total_calls: int
    current_work_step: str | None
    due_date: date
    created_at: datetime
    closed_at: datetime | None
    next_follow_up_date: date | None
    next_action_plan: str | None
    pan: str | None
    end_date: date
    renewal_date: date | None
    premium: float
    renewal_amount: float | None
    payment_status: str
    version: int

    def policy_status_label(self, today: date) -> str:
        """Set by hand, else derived from the due date and the days of grace; renewed is Active."""
        if self.policy_status:
            return POLICY_STATUS[self.policy_status]
        if self.status == "renewed":
            return "Active"
        if today <= self.due_date:
            return "Pre Due Stage"
        return "Policy Due" if today <= self.due_date + timedelta(days=self.grace_period_days) else "Reinstatement"

    def to_row(self, today: date) -> CaseRowView:
        """What lists and the page of a case show alike."""
        agent = self.agent or "Unassigned"
        return {
            "id": self.case_number,
            "clientId": self.client_id,
            "customerId": self.customer_code,
            "customerName": self.customer_name,
            "customerProfile": PROFILES[self.customer_profile],
            "customerMobile": self.phone,
            "customerEmail": self.email,
            "preferredLanguage": _LANGUAGE.get(self.preferred_language, self.preferred_language),
            "policyNumber": self.policy_number,
            "policyType": self.policy_type,
            "productName": self.product_name,
            "productCategory": self.product_category,
            "channel": self.channel,
            "subChannel": self.sub_channel,
            "batchId": self.batch_code,
            "uploadId": None if self.upload_id is None else f"upload-{self.upload_id}",
            "status": LABELS[self.status],
            "statusCode": self.status,
            "subStatus": self.sub_status,
            "policyStatus": self.policy_status_label(today),
            "stage": stage_of(self.status, self.due_date, self.grace_period_days, today),
            "graceEndsOn": grace_ends(self.due_date, self.grace_period_days, self.grace_until),
            "agentId": self.assigned_to,
            "agent": agent,
            "assignedAgent": agent,  # the screens have both names
            "priority": self.priority,
            "isPriority": self.priority in ("high", "urgent"),
            "lastActionDate": self.last_action_date,
            "totalCalls": self.total_calls,
            "currentWorkStep": self.current_work_step,
            "renewalDate": self.due_date,
            "uploadDate": self.created_at,
            "closedDate": self.closed_at,
            "nextFollowUpDate": self.next_follow_up_date,
            "nextActionPlan": self.next_action_plan,
            "contactInfo": {"email": self.email, "phone": self.phone, "pan": self.pan},
            "premium": self.premium,
            "renewalAmount": self.renewal_amount,
            "paymentStatus": self.payment_status,
            "version": self.version,
        }

    def terms(self) -> CaseTermsView:
        """The policy in short, as the lists show it."""
        return {
            "type": self.policy_type,
            "expiryDate": self.end_date,
            "renewalDate": self.renewal_date,
            "premium": self.premium,
        }
