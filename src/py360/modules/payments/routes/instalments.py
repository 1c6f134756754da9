"""Instalments, plans and reminders of a case."""

from fastapi import Response

from py360.kit.http import Answer, IfMatch, Res, Session, ok
from py360.kit.ids import number as key
from py360.modules.payments import answers
from py360.modules.payments.access import CanTakePayments
from py360.modules.payments.instalments import change, remind
from py360.modules.payments.instalments.schemas import InstalmentChange, NewInstalment, NewPlan, NewReminder
from py360.modules.payments.instalments.views import OutstandingChanged, PlanMade, ReminderSent
from py360.modules.payments.routes.base import router


@router.post("/cases/{case_id}/outstanding-amounts", status_code=201, response_model=Answer[OutstandingChanged])
async def add_instalment(
    session: Session, resources: Res, caller: CanTakePayments, case_id: str, body: NewInstalment
) -> Response:
    """Add an amount that falls due, beside what is due already."""
    case = await change.add(session, caller, key("case", case_id), body)
    shown = answers.outstanding(case, resources.clock.today())
    return ok({"outstanding": shown, "message": "The instalment is added."}, 201)


@router.put("/cases/{case_id}/outstanding-amounts/{instalment_id}", response_model=Answer[OutstandingChanged])
async def change_instalment(
    session: Session,
    resources: Res,
    caller: CanTakePayments,
    case_id: str,
    instalment_id: str,
    body: InstalmentChange,
    version: IfMatch,
) -> Response:
    """Change an instalment. A higher `paidAmount`, or the status paid, records a receipt by hand of the difference."""
    case = await change.change(session, caller, key("case", case_id), instalment_id, body, version)
    shown = answers.outstanding(case, resources.clock.today())
    return ok({"outstanding": shown, "message": "The instalment is saved."})


@router.post("/cases/{case_id}/payment-plans", status_code=201, response_model=Answer[PlanMade])
async def make_plan(session: Session, resources: Res, caller: CanTakePayments, case_id: str, body: NewPlan) -> Response:
    """Put what is left to pay into instalments; the last has the paise that do not divide. What is paid stays paid."""
    plan_id, case = await change.make_plan(session, caller, key("case", case_id), body)
    shown = answers.outstanding(case, resources.clock.today())
    return ok({"planId": plan_id, "outstanding": shown, "message": "The payment plan is set up."}, 201)


@router.post(
    "/cases/{case_id}/outstanding-amounts/{instalment_id}/reminders",
    status_code=201,
    response_model=Answer[ReminderSent],
)
async def remind_customer(caller: CanTakePayments, case_id: str, instalment_id: str, body: NewReminder) -> Response:
    """Remind the customer of an instalment, with a link that asks for what is left of it."""
    number, sent = await remind.remind(caller, key("case", case_id), instalment_id, body.channel)
    unknown = sent.status == "unknown"
    message = "It is not known whether the reminder was sent." if unknown else "The reminder is on its way."
    return ok({"reminderId": number, "messageId": sent.code, "status": sent.status, "message": message}, 201)
