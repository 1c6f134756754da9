"""Mandates and the debits under them."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from py360.kit.http import Answer, AsFile, DbReads, Message, PageParams, Search, Session, listed, ok
from py360.kit.ids import number as key
from py360.modules.payments.access import CanReadPayments, CanTakePayments
from py360.modules.payments.mandates import change, plan, queries
from py360.modules.payments.mandates import register as registering
from py360.modules.payments.mandates.schemas import DebitIn, MandateIn, ReasonIn
from py360.modules.payments.mandates.stored import current_case, within_reach
from py360.modules.payments.mandates.views import DebitList, DebitPlanned, MandateChanged, MandateList, MandateRead
from py360.modules.payments.routes.base import router

Number = Annotated[int, Path(gt=0, lt=2**63)]
Status = Literal["created", "pending", "active", "paused", "rejected", "expired", "cancelled"]
DebitStatus = Literal["planned", "notifying", "notified", "presented", "paid", "failed", "refused", "cancelled"]


@router.post("/payments/mandates", status_code=201, response_model=Answer[MandateChanged])
async def register(reads: DbReads, caller: CanTakePayments, body: MandateIn) -> Response:
    """Ask a customer to authorise debits of the premiums of a case's policy, on the gateway's page (`authorisationUrl`).

    Up to ₹1,00,000 per debit. With `channel` the customer is sent the page; the send gate may refuse that, the mandate stands.
    """
    done = await registering.register(caller, body, key("case", body.case_id))
    found = await queries.mandate(reads, caller, done.mandate_id)
    message = (
        "The customer was sent the page where they authorise it."
        if done.sent
        else "Give the customer the page to authorise it."
    )
    if done.problem:
        message = f"The mandate is ready, but its link was not sent: {done.problem}"
    return ok({"mandate": found.to_public(), "message": message}, 201)


@router.get("/payments/mandates", response_model=Answer[MandateList])
async def list_mandates(
    reads: DbReads,
    caller: CanReadPayments,
    page: PageParams,
    status: Status | None = None,
    case_id: Annotated[str | None, Query(alias="caseId", max_length=100)] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The mandates, newest first; `search` finds a piece of the policy's number or the customer's name."""
    case = None if case_id is None else key("case", case_id)
    return await listed(reads, queries.mandates(caller, status, case, search, page.sort), page, as_file)


@router.get("/payments/mandates/debits", response_model=Answer[DebitList])
async def list_all_debits(
    reads: DbReads,
    caller: CanReadPayments,
    page: PageParams,
    status: DebitStatus | None = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The debits under all mandates, newest first, each with its notice; `search` finds a piece of the policy's number."""
    return await listed(reads, queries.debits(caller, None, status, search, page.sort), page, as_file)


@router.get("/payments/mandates/{mandate_id}", response_model=Answer[MandateRead])
async def read(reads: DbReads, caller: CanReadPayments, mandate_id: str) -> Response:
    """One mandate."""
    return ok({"mandate": (await queries.mandate(reads, caller, key("mandate", mandate_id))).to_public()})


@router.get("/payments/mandates/{mandate_id}/debits", response_model=Answer[DebitList])
async def list_debits(
    reads: DbReads,
    caller: CanReadPayments,
    mandate_id: str,
    page: PageParams,
    status: DebitStatus | None = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The debits under a mandate, newest first, with the text, time and proof of each notice."""
    number = key("mandate", mandate_id)
    await queries.mandate(reads, caller, number)
    return await listed(reads, queries.debits(caller, number, status, search, page.sort), page, as_file)


@router.post("/payments/mandates/{mandate_id}/debits", status_code=201, response_model=Answer[DebitPlanned])
async def plan_debit(session: Session, caller: CanTakePayments, mandate_id: str, body: DebitIn) -> Response:
    """Plan a debit: the customer is notified, and at least 24 hours later it is presented."""
    mandate = await within_reach(session, caller, key("mandate", mandate_id), lock_it=False)
    case_id = await current_case(session, mandate)
    planned = await plan.plan_by_hand(session, caller, mandate.id, case_id, body)
    message = "The debit is planned. The customer is notified first."
    return ok({"debitId": planned.id, "amount": planned.amount, "debitOn": planned.debit_on, "message": message}, 201)


@router.delete("/payments/mandates/{mandate_id}/debits/{debit_id}", response_model=Answer[Message])
async def stop_debit(session: Session, caller: CanTakePayments, mandate_id: str, debit_id: Number) -> Response:
    """Call a debit off that was not presented yet; the mandate stays."""
    await change.stop_debit(session, caller, key("mandate", mandate_id), debit_id, "Called off by the office.")
    return ok({"message": "The debit is called off."})


@router.post("/payments/mandates/{mandate_id}/cancel", response_model=Answer[MandateChanged])
async def cancel(reads: DbReads, caller: CanTakePayments, mandate_id: str, body: ReasonIn) -> Response:
    """Cancel a mandate, here at once and at the gateway; debits that were not presented are called off."""
    number = key("mandate", mandate_id)
    await change.cancel(caller, number, body.reason)
    found = await queries.mandate(reads, caller, number)
    return ok({"mandate": found.to_public(), "message": "The mandate is cancelled."})


@router.post("/payments/mandates/{mandate_id}/pause", response_model=Answer[Message])
async def pause(session: Session, caller: CanTakePayments, mandate_id: str, body: ReasonIn) -> Response:
    """Debit nothing until it is resumed."""
    await change.pause(session, caller, key("mandate", mandate_id), body.reason)
    return ok({"message": "The mandate is paused: nothing is debited."})


@router.post("/payments/mandates/{mandate_id}/resume", response_model=Answer[Message])
async def resume(session: Session, caller: CanTakePayments, mandate_id: str) -> Response:
    """Debit again. What the customer paused, only they resume."""
    await change.resume(session, caller, key("mandate", mandate_id))
    return ok({"message": "The mandate is active again."})
