"""What people are notified of payments: the agent of the case, or where there is none those who look after cases and payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.clock import INDIA
from py360.kit.ids import code
from py360.kit.money import format_inr
from py360.modules.cases import api as cases
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications
from py360.modules.payments.balance import Balance
from py360.modules.payments.bulk import Moved

CLOSED: Final = frozenset({"cancelled", "lapsed"})
APPROVERS: Final = "cases:payment-approvals"
OFFICE: Final = ("cases:payments", "settings")  # who is notified of trouble with money that no agent looks after


@dataclass(frozen=True, slots=True)
class Report:
    """Title and sentence for people. `warns`: a user must act, so it is in the case's history, and reaches people also
    where there is no agent. `is_noted`: cases writes it into the history by itself."""

    title: str
    sentence: str
    warns: bool = False
    is_noted: bool = False


async def report(session: AsyncSession, moved: Sequence[tuple[Balance, Moved]]) -> None:
    """Notify people of what changed, and write what a user must act on into the case's history."""
    found: list[notifications.Notice] = []
    for case, each in moved:
        for words in await _reports(session, case, each):
            if words.warns and not words.is_noted:
                await cases.note_payment(session, case.case_id, words.title, words.sentence)
            found += [
                notifications.Notice(user, words.title, words.sentence, _data(case, each.now.id))
                for user in await _people(session, case, words.warns)
            ]
    await notifications.notify_each(session, found, type="update")


async def warn(session: AsyncSession, case: Balance, payment_id: int | None, title: str, sentence: str) -> None:
    """Notify people of trouble with a payment, and write it into the case's history."""
    await cases.note_payment(session, case.case_id, title, sentence)
    data = _data(case, payment_id)
    people = await _people(session, case, True)
    await notifications.notify_each(
        session, [notifications.Notice(user, title, sentence, data) for user in people], type="update"
    )


async def ask_for_approval(
    session: AsyncSession, case: Balance, payment_id: int, title: str, sentence: str, asked_by: int
) -> None:
    """Notify the other users who may approve."""
    people = await identity.holders_of(session, case.client_id, APPROVERS)
    data = _data(case, payment_id)
    found = [notifications.Notice(user, title, sentence, data) for user in people if user != asked_by]
    await notifications.notify_each(session, found, type="update")


async def report_decision(
    session: AsyncSession, case: Balance, payment_id: int, title: str, sentence: str, asked_by: int | None
) -> None:
    """Notify the user who asked."""
    if asked_by is not None:
        found = [notifications.Notice(asked_by, title, sentence, _data(case, payment_id))]
        await notifications.notify_each(session, found, type="update")


def _data(case: Balance, payment_id: int | None) -> dict[str, str]:
    data = {"caseId": case.case_number}
    return data if payment_id is None else {**data, "paymentId": code("payment", payment_id)}


async def _people(session: AsyncSession, case: Balance, warns: bool) -> Sequence[int]:
    if case.assigned_to is not None:
        return [case.assigned_to]
    return await identity.holders_of(session, case.client_id, *OFFICE) if warns else []


async def _reports(session: AsyncSession, case: Balance, each: Moved) -> list[Report]:
    """What there is to say of a change; nothing for news that nobody needs."""
    number, now = case.case_number, each.now
    reports = await _of_disputes(session, number, each)
    if each.became("suspicious"):
        reports.append(
            Report(
                "Suspicious payment",
                f"A payment for {number} was not counted: its currency or amount does not fit the order, or it came through"
                " the sandbox. Check it and refund it.",
                warns=True,
            )
        )
    if now.excess_amount > each.before.excess_amount:
        reports.append(
            Report(
                "Paid twice",
                f"{number} was paid {format_inr(now.excess_amount)} more than asked. Refund that amount; the case stays paid.",
                warns=True,
            )
        )
    elif 0 <= now.excess_amount < each.before.excess_amount and each.went_back == 0:
        back = format_inr(each.before.excess_amount - now.excess_amount)
        reports.append(Report("Excess refunded", f"{back} of what {number} was paid too much went back.", warns=True))
    return reports + list(_of_amounts(case, each))


async def _of_disputes(session: AsyncSession, number: str, each: Moved) -> list[Report]:
    now, before = each.now, each.before
    if now.charged_back_amount > before.charged_back_amount:
        lost = format_inr(now.charged_back_amount - before.charged_back_amount)
        return [
            Report(
                "Dispute lost",
                f"The customer's bank took {lost} of {number} back{await _reason(session, now.id)}. The case stays as it is:"
                " ask the customer to pay again, or tell the insurer.",
                warns=True,
            )
        ]
    if now.disputed_amount > before.disputed_amount:
        open_amount = format_inr(now.disputed_amount)
        return [
            Report(
                "Payment disputed",
                f"The customer's bank asks for {open_amount} of {number} back{await _reason(session, now.id)}. Answer it at"
                " the gateway with the policy and the receipt.",
                warns=True,
            )
        ]
    if now.disputed_amount < before.disputed_amount:
        return [
            Report("Dispute ended", f"The dispute about {number} ended in our favour: the money stays.", warns=True)
        ]
    return []


@dataclass(frozen=True, slots=True)
class _Why:
    reason: str | None
    respond_by: datetime | None
    status: str


async def _reason(session: AsyncSession, payment_id: int) -> str:
    """Why the bank disputes, and until when it takes an answer."""
    row = await db.fetch_one(
        session,
        _Why,
        "select reason, respond_by, status from payment_disputes where payment_id = %(id)s order by updated_at desc, id desc",
        {"id": payment_id},
    )
    if row is None:
        return ""
    until = (
        f", answer until {row.respond_by.astimezone(INDIA):%d/%m/%Y}" if row.respond_by and row.status == "open" else ""
    )
    return f" ({row.reason or 'no reason given'}{until})"


def _of_amounts(case: Balance, each: Moved) -> Sequence[Report]:
    """What came in and what went back."""
    number = case.case_number
    if each.went_back > 0:
        return [Report("Payment refunded", f"{format_inr(each.went_back)} of {number} went back to the customer.")]
    if each.came > 0 and case.kept > case.due:
        over = format_inr(case.kept - case.due)
        return [
            Report(
                "Paid too much",
                f"{number} received {over} more than its renewal costs. Refund that amount; the case stays paid.",
                warns=True,
            )
        ]
    if each.came > 0 and not case.is_open and case.status in CLOSED:
        came = format_inr(each.came)
        sentence = f"{came} came in for {number}, which is {case.status}. Refund the customer or open the case again."
        return [Report("Payment for a closed case", sentence, warns=True, is_noted=True)]
    if each.came > 0 and case.remaining > 0:
        left = format_inr(case.remaining)
        return [Report("Part payment received", f"{format_inr(each.came)} came in for {number}; {left} remain.")]
    if each.came > 0:
        return [Report("Payment received", f"{format_inr(each.came)} came in for {number}.")]
    if each.now.status == "authorized" != each.before.status and (case.remaining <= 0 or not case.is_open):
        sentence = (
            f"A payment of {format_inr(each.now.amount)} for {number} was authorised although nothing is left to pay. It is not"
            " captured: the gateway gives it back by itself when the authorisation runs out."
        )
        return [Report("Late authorisation", sentence, warns=True)]
    if each.now.status == "failed" and each.now.error and each.now.figures != each.before:
        return [Report("Payment failed", f"A payment for {number} failed: {each.now.error}")]
    return []
