"""The lists of mandates and of their debits, within the caller's reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.ids import code
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.payments.mandates.views import DebitView, MandateView

_MANDATES: Final = """
select m.id, m.case_id, k.customer_code, k.full_name, c.policy_number, m.gateway, m.method, m.max_amount, m.valid_until,
  m.status, m.paused_at is not null as paused_by_office, m.cancelled_by, m.reason, m.authorisation_url, m.link_expires_at,
  m.authorised_at, m.ended_at, m.created_by, u.name as created_by_name, m.created_at
from payment_mandates m join cases_public_case c on c.id = m.case_id
join customers_public_contact k on k.id = c.customer_id left join identity_public_users u on u.id = m.created_by
"""
_DEBITS: Final = """
select d.id, d.mandate_id, d.case_id, d.amount, d.due_date, d.debit_on, d.attempt, d.status, d.reason, d.notice_message_id,
  n.communication_type as notice_channel, n.recipient_contact as notice_recipient, n.status as notice_status, d.notice_text,
  d.notice_sent_at, n.delivered_at as notice_delivered_at, d.payment_id, d.presented_at, d.finished_at, d.created_at
from mandate_debits d join cases_public_case c on c.id = d.case_id
left join messaging_public_message n on n.id = d.notice_message_id
"""
_MANDATE_SORTS: Final = {"createdAt": "m.id", "maxAmount": "m.max_amount", "status": "m.status"}
_DEBIT_SORTS: Final = {"createdAt": "d.id", "debitOn": "d.debit_on", "amount": "d.amount", "status": "d.status"}
# What the office paused is paused, whatever the gateway says; what has ended has ended.
_PAUSED: Final = "(m.status = 'paused' or m.paused_at is not null and m.status = 'active')"


@dataclass(frozen=True, slots=True)
class MandateRow:
    """A mandate as it is listed."""

    id: int
    case_id: int
    customer_code: str
    full_name: str
    policy_number: str
    gateway: str
    method: str
    max_amount: Decimal
    valid_until: date
    status: str
    paused_by_office: bool
    cancelled_by: str | None
    reason: str | None
    authorisation_url: str | None
    link_expires_at: datetime
    authorised_at: datetime | None
    ended_at: datetime | None
    created_by: int | None
    created_by_name: str | None
    created_at: datetime

    def to_public(self) -> MandateView:
        """The mandate of the wire."""
        by_office = self.paused_by_office and self.status == "active"
        return {
            "id": code("mandate", self.id),
            "caseId": code("case", self.case_id),
            "customerId": self.customer_code,
            "customerName": self.full_name,
            "policyNumber": self.policy_number,
            "gateway": self.gateway,
            "method": self.method,
            "maxAmount": self.max_amount,
            "validUntil": self.valid_until,
            "status": "paused" if by_office else self.status,
            "pausedBy": "office" if by_office else "customer" if self.status == "paused" else None,
            "cancelledBy": self.cancelled_by,
            "reason": self.reason,
            "authorisationUrl": self.authorisation_url if self.status == "created" else None,
            "linkExpiresAt": self.link_expires_at,
            "authorisedAt": self.authorised_at,
            "endedAt": self.ended_at,
            "createdBy": self.created_by,
            "createdByName": self.created_by_name,
            "createdAt": self.created_at,
        }


@dataclass(frozen=True, slots=True)
class DebitRow:
    """A debit as it is listed."""

    id: int
    mandate_id: int
    case_id: int
    amount: Decimal
    due_date: date
    debit_on: date
    attempt: int
    status: str
    reason: str | None
    notice_message_id: int | None
    notice_channel: str | None
    notice_recipient: str | None
    notice_status: str | None
    notice_text: str | None
    notice_sent_at: datetime | None
    notice_delivered_at: datetime | None
    payment_id: int | None
    presented_at: datetime | None
    finished_at: datetime | None
    created_at: datetime

    def to_public(self) -> DebitView:
        """The debit of the wire."""
        notice = self.notice_message_id
        return {
            "id": self.id,
            "mandateId": code("mandate", self.mandate_id),
            "caseId": code("case", self.case_id),
            "amount": self.amount,
            "dueDate": self.due_date,
            "debitOn": self.debit_on,
            "attempt": self.attempt,
            "status": self.status,
            "reason": self.reason,
            "noticeId": code(self.notice_channel, notice) if notice and self.notice_channel else None,
            "noticeChannel": self.notice_channel,
            "noticeRecipient": self.notice_recipient,
            "noticeStatus": self.notice_status,
            "noticeText": self.notice_text,
            "noticeSentAt": self.notice_sent_at,
            "noticeDeliveredAt": self.notice_delivered_at,
            "paymentId": code("payment", self.payment_id) if self.payment_id else None,
            "presentedAt": self.presented_at,
            "finishedAt": self.finished_at,
            "createdAt": self.created_at,
        }


def mandates(
    caller: Caller, status: str | None, case_id: int | None, search: str | None, sort: str | None
) -> Listing[MandateRow]:
    """The mandates within the caller's reach, newest first; `search` finds a piece of the policy's number or the customer's name."""
    where, params = _where(
        caller,
        ("m.case_id = %(case_id)s", "case_id", case_id),
        ("(c.policy_number ilike %(pattern)s or k.full_name ilike %(pattern)s)", "pattern", containing(search)),
        (_PAUSED, "paused", status if status == "paused" else None),
        (f"(m.status = %(status)s and not {_PAUSED})", "status", None if status == "paused" else status),
    )
    return Listing(
        "mandates",
        _MANDATES,
        where,
        ordering(sort, _MANDATE_SORTS, "-createdAt", "m.id"),
        params,
        MandateRow.to_public,
        ("id", "caseId", "customerName", "policyNumber", "gateway", "method", "maxAmount", "validUntil", "status", "pausedBy",
         "cancelledBy", "reason", "authorisedAt", "endedAt", "createdByName", "createdAt"),
        row=MandateRow,
    )  # fmt: skip


async def mandate(reads: Reads, caller: Caller, mandate_id: int) -> MandateRow:
    """One mandate. Raises NotFound, out of reach too."""
    reach, params = reach_filter(caller, "c")
    found = await reads.fetch_one(
        MandateRow, f"{_MANDATES} where m.id = %(id)s and {reach}", {**params, "id": mandate_id}
    )
    if found is None:
        raise missing(mandate_id)
    return found


def missing(mandate_id: int) -> NotFound:
    """There is none within reach."""
    return NotFound(f"There is no mandate {code('mandate', mandate_id)} within your reach.")


def debits(
    caller: Caller, mandate_id: int | None, status: str | None, search: str | None, sort: str | None
) -> Listing[DebitRow]:
    """The debits within the caller's reach, newest first; `search` finds a piece of the policy's number."""
    where, params = _where(
        caller,
        ("d.mandate_id = %(mandate_id)s", "mandate_id", mandate_id),
        ("d.status = %(status)s", "status", status),
        ("c.policy_number ilike %(pattern)s", "pattern", containing(search)),
    )
    return Listing(
        "debits",
        _DEBITS,
        where,
        ordering(sort, _DEBIT_SORTS, "-createdAt", "d.id"),
        params,
        DebitRow.to_public,
        ("id", "mandateId", "caseId", "amount", "dueDate", "debitOn", "attempt", "status", "reason", "noticeId", "noticeChannel",
         "noticeRecipient", "noticeStatus", "noticeText", "noticeSentAt", "noticeDeliveredAt", "paymentId", "presentedAt", "finishedAt"),
        row=DebitRow,
    )  # fmt: skip


def _where(caller: Caller, *conditions: tuple[str, str, object]) -> tuple[str, Mapping[str, object]]:
    reach, params = reach_filter(caller, "c")
    where, values = [reach], dict(params)
    for condition, name, value in conditions:
        if value is not None:
            where.append(condition)
            values[name] = value
    return " and ".join(where), values
