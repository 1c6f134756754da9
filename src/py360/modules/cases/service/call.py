"""Calling the customer of a case: the voice provider rings the agent's phone and connects the customer.

No transaction is open while the vendor is called (docs/architecture.md, rule 2). A call may not be made where the customer stopped calls or the
do-not-contact registry has the number; the reason is the answer.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources, vendor
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, TooMany, Unavailable
from py360.kit.settings import settings as installation
from py360.kit.vendor import VendorError
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.queries.reach import case_not_found
from py360.modules.cases.service.contact import note_contacts
from py360.modules.cases.vendors import twilio_voice
from py360.modules.cases.vendors.twilio_voice import Progress
from py360.modules.compliance import api as compliance
from py360.modules.providers import api as providers
from py360.modules.settings import api as settings

LONGEST: Final = timedelta(hours=4)  # a call without news for so long does not count as going on

_CUSTOMER: Final = """
select c.id, c.case_number, c.client_id, c.customer_id, u.phone from cases_public_case c
join customers_public_contact u on u.id = c.customer_id
where c.id = %(id)s and {within}
"""
_OWN_PHONE: Final = "select phone from identity_public_users where id = %(id)s"
_LOCK: Final = "select pg_advisory_xact_lock(365, %(client)s::int)"
_GOING_ON: Final = """
select count(*) from case_communications where client_id = %(client)s and provider_id is not null
  and status in ('pending', 'in_progress') and occurred_at > %(since)s
"""
_INSERT: Final = """
insert into case_communications (client_id, case_id, kind, direction, contact, agent_id, status, provider_id, occurred_at,
  created_at)
values (%(client)s, %(case)s, 'phone', 'outbound', %(contact)s, %(agent)s, 'pending', %(provider)s, %(now)s, %(now)s)
returning id
"""
_TAKEN: Final = "update case_communications set vendor_call_id = %(sid)s where id = %(id)s"
_FAILED: Final = """
update case_communications set status = 'failed', error_message = %(problem)s where id = %(id)s and status = 'pending'
"""
# The customer's leg decides the status; what people noted since stays.
_AGENT_LEG: Final = """
update case_communications set status = %(status)s, error_message = %(problem)s
where id = %(id)s and provider_id = %(account)s and duration_seconds is null
  and status = case when %(status)s = 'in_progress' then 'pending' else status end and status in ('pending', 'in_progress')
returning case_id
"""
_CUSTOMER_LEG: Final = """
update case_communications set duration_seconds = coalesce(%(seconds)s, 0), error_message = %(problem)s,
  status = case when status in ('pending', 'in_progress', 'failed') then %(status)s else status end
where id = %(id)s and provider_id = %(account)s and duration_seconds is null
returning case_id
"""


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer of a case, and their number."""

    id: int
    case_number: str
    client_id: int
    customer_id: int
    phone: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the vendor took, or may have taken (`unknown`)."""

    code: str
    case_number: str
    status: str


async def call(caller: Caller, case_id: int) -> Call:
    """Have the customer of a case called. Raises NotFound, Conflict (`calling_off`, no number, `no_own_phone`, the reason why the
    customer may not be called, `call_refused`), TooMany (the office's most calls at once) and Unavailable (the vendor is away).
    """
    async with db.unit_of_work() as session:
        customer = await _customer(session, caller, case_id)
        own = await _own_phone(session, caller)
        account = await _admit(session, customer)
        now = resources.current().clock.now()
        params = {"client": customer.client_id, "case": case_id, "contact": customer.phone, "agent": caller.user_id}
        number = await db.fetch_only(session, int, _INSERT, {**params, "provider": account.id, "now": now})
    code, status = ids.code("contact", number), "initiated"
    callback = f"{installation().public_url}/api/webhooks/call/{twilio_voice.TYPE}?call={code}"
    try:
        async with vendor.call(account.type, "call", account.id):
            sid = await twilio_voice.connect(account, own, str(customer.phone), callback)
    except VendorError as error:
        if not error.unclear:
            await _note_failure(number, case_id, str(error))
            kind = Conflict if error.permanent else Unavailable
            raise kind(f"The call was not made. {error}", code="call_refused") from error
        sid, status = None, "unknown"
    async with db.unit_of_work() as session:
        if sid:
            await db.execute(session, _TAKEN, {"id": number, "sid": sid})
        await providers.mark_used(session, account.id, now)
        await note_contacts(
            session, [case_id], "call", "Call made", details=f"{code} to the customer", user_id=caller.user_id
        )
        await push_live_update(session, [case_id])
    return Call(code, customer.case_number, status)


async def _customer(session: AsyncSession, caller: Caller, case_id: int) -> Customer:
    within, params = reach_filter(caller)
    customer = await db.fetch_one(session, Customer, _CUSTOMER.format(within=within), {**params, "id": case_id})
    if customer is None:
        raise case_not_found(case_id)
    if not customer.phone:
        raise Conflict(f"The customer of {customer.case_number} has no phone number.", code="no_contact")
    return customer


async def _own_phone(session: AsyncSession, caller: Caller) -> str:
    phone = await db.fetch_one(session, str, _OWN_PHONE, {"id": caller.user_id})
    number = compliance.writable("call", phone) if phone else None
    if not number:
        raise Conflict("Your profile has no phone number that could be called. Add one first.", code="no_own_phone")
    return number


async def _admit(session: AsyncSession, customer: Customer) -> providers.ProviderAccount:
    """The account to call by, when the office makes calls, the customer may be called and there is room for one more."""
    office = await settings.get(session, customer.client_id, settings.Renewals)
    if not office.calling_enabled:
        raise Conflict("Calls are switched off under Settings, Renewals.", code="calling_off")
    contact = compliance.Contact(str(customer.phone), customer.customer_id)
    (block,) = await compliance.admissible(session, customer.client_id, "call", "service", [contact])
    if block is not None:
        raise Conflict(block.message, code=block.reason)
    account = await providers.account(session, customer.client_id, "call")
    await db.execute(session, _LOCK, {"client": customer.client_id})
    since = resources.current().clock.now() - LONGEST
    going_on = await db.fetch_only(session, int, _GOING_ON, {"client": customer.client_id, "since": since})
    if going_on >= office.max_concurrent_calls:
        raise TooMany(
            f"{going_on} calls are going on, as many as the office allows at once. Try again when one has ended.",
            code="too_many_calls",
            headers={"Retry-After": "30"},
        )
    return account


async def _note_failure(number: int, case_id: int, problem: str) -> None:
    async with db.unit_of_work() as session:
        await db.execute(session, _FAILED, {"id": number, "problem": problem[:500]})
        await push_live_update(session, [case_id])


async def apply_progress(session: AsyncSession, account_id: int | None, code: str, progress: Progress) -> None:
    """Write news of a call; nothing happens when it is known already, or was not made by this account. Raises NotFound."""
    params = {
        "id": ids.number("contact", code),
        "account": account_id,
        "status": progress.status,
        "seconds": progress.seconds,
        "problem": progress.problem,
    }
    statement = _CUSTOMER_LEG if progress.leg == "customer" else _AGENT_LEG
    case_id = await db.fetch_one(session, int, statement, params)
    if case_id is not None:
        await push_live_update(session, [case_id])
