"""A claim as lists have it, and as the API answers it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids
from py360.modules.claims.statuses import LABELS, SCREEN_STATUS
from py360.modules.claims.views import ClaimRowView

# `clock` is the period that is over first; what runs without a warning shows as running.
COLUMNS: Final = """
select c.id, c.client_id, c.claim_number, c.policy_id, p.policy_number, u.customer_code, u.full_name, c.case_id,
  c.claim_type, c.category, c.title, c.status, c.priority, c.claim_amount, c.approved_amount, c.rejected_amount,
  c.settlement_amount, c.reserve_amount, c.incident_date, c.reported_date, c.assigned_to, a.name as handler_name,
  c.starred, c.is_cashless, c.source, clock.due_at as clock_due_at, clock.warn_at as clock_warn_at,
  exists (select from claim_approvals w where w.claim_id = c.id and w.outcome is null) as approval_pending,
  c.created_at, c.updated_at
"""
TABLES: Final = """
from claims c
join customers_public_policy p on p.id = c.policy_id
join customers_public_contact u on u.id = c.customer_id
left join identity_public_users a on a.id = c.assigned_to
left join lateral (
  select k.due_at, k.warn_at from claim_clocks k where k.claim_id = c.id and k.stopped_at is null order by k.due_at limit 1
) clock on true
"""


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with the names of its policy, customer and handler; amounts in INR."""

    id: int
    client_id: int
    claim_number: str
    policy_id: int
    policy_number: str
    customer_code: str
    full_name: str
    case_id: int | None
    claim_type: str
    category: str | None
    title: str | None
    status: str
    priority: str
    claim_amount: Decimal
    approved_amount: Decimal | None
    rejected_amount: Decimal | None
    settlement_amount: Decimal | None
    reserve_amount: Decimal
    incident_date: date
    reported_date: date
    assigned_to: int | None
    handler_name: str | None
    starred: bool
    is_cashless: bool
    source: str
    clock_due_at: datetime | None
    clock_warn_at: datetime | None
    approval_pending: bool
    created_at: datetime
    updated_at: datetime


def clock_state(due_at: datetime, warn_at: datetime, stopped_at: datetime | None, now: datetime) -> str:
    """Where a period is: stopped, breached, warning or running."""
    if stopped_at is not None:
        return "stopped"
    return "breached" if due_at <= now else "warning" if warn_at <= now else "running"


def to_public(row: ClaimRow, now: datetime) -> ClaimRowView:
    """A claim as the API answers it."""
    return {
        "id": row.id,
        "claimNumber": row.claim_number,
        "clientId": row.client_id,
        "policyId": row.policy_id,
        "policyNumber": row.policy_number,
        "customerId": row.customer_code,
        "customerName": row.full_name,
        "caseId": None if row.case_id is None else ids.code("case", row.case_id),
        "type": row.claim_type,
        "category": row.category,
        "title": row.title,
        "status": row.status,
        "statusLabel": LABELS[row.status],
        "screenStatus": SCREEN_STATUS[row.status],
        "priority": row.priority,
        "claimAmount": row.claim_amount,
        "approvedAmount": row.approved_amount,
        "rejectedAmount": row.rejected_amount,
        "settlementAmount": row.settlement_amount,
        "reserveAmount": row.reserve_amount,
        "dateOfIncident": row.incident_date,
        "incidentDate": row.incident_date,
        "dateReported": row.reported_date,
        "reportedDate": row.reported_date,
        "assignedTo": row.assigned_to,
        "assignedAdjuster": row.handler_name,
        "starred": row.starred,
        "isCashless": row.is_cashless,
        "source": row.source,
        "clockState": clock_state(row.clock_due_at, row.clock_warn_at, None, now)
        if row.clock_due_at is not None and row.clock_warn_at is not None
        else None,
        "clockDueAt": row.clock_due_at,
        "approvalPending": row.approval_pending,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }
