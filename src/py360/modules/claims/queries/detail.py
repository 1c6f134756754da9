"""One claim with everything that its page has, its timeline and its documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.reads import Reads
from py360.modules.claims.queries import rows
from py360.modules.claims.service.clocks import WORDS
from py360.modules.claims.service.lock import not_found
from py360.modules.claims.statuses import LABELS, TRANSITIONS
from py360.modules.claims.views import (
    ApprovalView,
    ClaimView,
    ClockView,
    DocumentsView,
    DocumentView,
    TimelineEntryView,
    TimelineView,
)

_DETAIL: Final = (
    rows.COLUMNS
    + """, c.description, c.rejection_reason, c.settlement_date, c.settlement_reference, c.reported_at, c.decided_at,
  c.closed_at, c.is_investigated, c.claimant_name, c.claimant_relation, c.claimant_email, c.claimant_phone, c.version """
    + rows.TABLES
)
_CLOCKS: Final = """
select kind, started_at, warn_at, due_at, stopped_at from claim_clocks where claim_id = %(id)s order by started_at, id
"""
_APPROVALS: Final = """
select w.decision, w.amount, w.reason, a.name as asked_by, w.asked_at, w.outcome, d.name as decided_by, w.decided_at, w.comment
from claim_approvals w
left join identity_public_users a on a.id = w.asked_by left join identity_public_users d on d.id = w.decided_by
where w.claim_id = %(id)s order by w.id desc
"""
_TIMELINE: Final = """
select h.claim_id, h.id, h.at, h.event, h.level, h.details, h.status, u.name as user_name
from claim_history h left join identity_public_users u on u.id = h.user_id
where h.claim_id = any(%(ids)s) order by h.at desc, h.id desc
"""
_DOCUMENTS: Final = """
select claim_id, id, kind, name, is_required, status, file_id, note, received_at from claim_documents
where claim_id = any(%(ids)s) order by id
"""


@dataclass(frozen=True, slots=True)
class ClaimDetail(rows.ClaimRow):
    """A whole claim."""

    description: str
    rejection_reason: str | None
    settlement_date: date | None
    settlement_reference: str | None
    reported_at: datetime
    decided_at: datetime | None
    closed_at: datetime | None
    is_investigated: bool
    claimant_name: str | None
    claimant_relation: str | None
    claimant_email: str | None
    claimant_phone: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Clock:
    """A period of a claim."""

    kind: str
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Approval:
    """A decision that waited for a second person, or waits."""

    decision: str
    amount: Decimal
    reason: str | None
    asked_by: str | None
    asked_at: datetime
    outcome: str | None
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a claim's history."""

    claim_id: int
    id: int
    at: datetime
    event: str
    level: str
    details: str | None
    status: str | None
    user_name: str | None

    def to_public(self) -> TimelineEntryView:
        """The line as the API answers it."""
        return {
            "id": self.id,
            "date": self.at,
            "event": self.event,
            "status": self.level,
            "details": self.details,
            "claimStatus": self.status,
            "user": self.user_name,
        }


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a claim."""

    claim_id: int
    id: int
    kind: str
    name: str
    is_required: bool
    status: str
    file_id: int | None
    note: str | None
    received_at: datetime | None

    @property
    def is_missing(self) -> bool:
        """Whether the checklist still waits for it."""
        return self.is_required and self.status in ("missing", "rejected")

    def to_public(self) -> DocumentView:
        """The document as the API answers it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "isRequired": self.is_required,
            "status": self.status,
            "fileId": None if self.file_id is None else ids.code("file", self.file_id),
            "note": self.note,
            "receivedAt": self.received_at,
        }


async def find(reads: Reads, caller: Caller, text: str) -> ClaimDetail:
    """One claim by its number or key, within the caller's reach; raises NotFound."""
    within, params = reach_filter(caller)
    sql = f"{_DETAIL} where (c.claim_number = upper(%(text)s) or c.id = %(number)s) and {within}"
    values = {**params, "text": text.strip(), "number": ids.bare_number(text)}
    claim = await reads.fetch_one(ClaimDetail, sql, values)
    if claim is None:
        raise not_found(text)
    return claim


async def detail(reads: Reads, claim: ClaimDetail, now: datetime) -> ClaimView:
    """The whole claim as the API answers it."""
    clocks = await reads.fetch_all(Clock, _CLOCKS, {"id": claim.id})
    approvals = await reads.fetch_all(Approval, _APPROVALS, {"id": claim.id})
    documents = await documents_of(reads, [claim.id])
    return {
        **rows.to_public(claim, now),
        "description": claim.description,
        "rejectionReason": claim.rejection_reason,
        "settlementDate": claim.settlement_date,
        "settlementReference": claim.settlement_reference,
        "reportedAt": claim.reported_at,
        "decidedAt": claim.decided_at,
        "closedAt": claim.closed_at,
        "isInvestigated": claim.is_investigated,
        "claimant": {
            "name": claim.claimant_name,
            "relation": claim.claimant_relation,
            "email": claim.claimant_email,
            "phone": claim.claimant_phone,
        }
        if claim.claimant_name
        else None,
        "clocks": [_clock_to_public(clock, now) for clock in clocks],
        "approvals": [_approval_to_public(approval) for approval in approvals],
        "documents": [each.name for each in documents if each.status in ("received", "verified")],
        "missingDocuments": [each.name for each in documents if each.is_missing],
        "allowedStatuses": [LABELS[code] for code in TRANSITIONS[claim.status]],
        "version": claim.version,
    }


def _clock_to_public(clock: Clock, now: datetime) -> ClockView:
    return {
        "kind": clock.kind,
        "label": WORDS[clock.kind],
        "startedAt": clock.started_at,
        "dueAt": clock.due_at,
        "stoppedAt": clock.stopped_at,
        "state": rows.clock_state(clock.due_at, clock.warn_at, clock.stopped_at, now),
    }


def _approval_to_public(approval: Approval) -> ApprovalView:
    return {
        "decision": approval.decision,
        "amount": approval.amount,
        "reason": approval.reason,
        "askedBy": approval.asked_by,
        "askedAt": approval.asked_at,
        "outcome": approval.outcome,
        "decidedBy": approval.decided_by,
        "decidedAt": approval.decided_at,
        "comment": approval.comment,
    }


async def lines_of(reads: Reads, claim_ids: Sequence[int]) -> list[Line]:
    """The histories of these claims, newest first."""
    return await reads.fetch_all(Line, _TIMELINE, {"ids": list(claim_ids)})


async def documents_of(reads: Reads, claim_ids: Sequence[int]) -> list[Document]:
    """The documents of these claims, in the order of their checklists."""
    return await reads.fetch_all(Document, _DOCUMENTS, {"ids": list(claim_ids)})


async def timeline(reads: Reads, claim: ClaimDetail) -> TimelineView:
    """What happened to a claim, newest first."""
    lines = await lines_of(reads, [claim.id])
    return {"claimNumber": claim.claim_number, "timeline": [line.to_public() for line in lines]}


async def documents(reads: Reads, claim: ClaimDetail) -> DocumentsView:
    """The documents of a claim."""
    listed = await documents_of(reads, [claim.id])
    return {
        "claimNumber": claim.claim_number,
        "documents": [each.to_public() for each in listed],
        "missing": sum(each.is_missing for each in listed),
    }
