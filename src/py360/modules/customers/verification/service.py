"""Verifying the contacts of a customer: asked for by staff, confirmed by the customer.

A contact is verified only when it is the one on file, and the customer clicked the link or named the code. The message goes out
when no transaction is open (docs/architecture.md, rule 2). A contact that changes loses its verification (`service/customers.py`).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from py360.kit import db, ids, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.crypto import BadToken, digest, sign, verify
from py360.kit.errors import Gone, Invalid
from py360.kit.settings import settings
from py360.modules.customers.verification import pan
from py360.modules.customers.verification.sender import VerificationMessage, send

Contact = Literal["email", "phone", "pan"]
PURPOSE: Final = "verify e-mail"
LINK_LIFETIME: Final = timedelta(hours=48)
CODE_LIFETIME: Final = timedelta(minutes=10)
ATTEMPTS: Final = 5
RATE: Final = "5/hour"
WORDS: Final = {"email": "e-mail address", "phone": "phone number", "pan": "PAN"}

_CUSTOMER: Final = """
select u.id, u.client_id, u.first_name, u.last_name, u.full_name, u.email, u.phone, u.pan, u.email_verified_at,
  u.phone_verified_at, u.pan_verified_at, i.client_name
from customers u join identity_public_client i on i.id = u.client_id
where u.id = {which}
"""
_OF_CASE: Final = "(select k.customer_id from cases_public_case k where k.id = %(case)s and {within})"
_START: Final = """
insert into contact_verifications (client_id, customer_id, kind, value, secret, expires_at, created_by, created_at)
values (%(client)s, %(customer)s, %(kind)s, %(value)s, %(secret)s, %(expires)s, %(user)s, %(now)s) returning id
"""
_TRY: Final = """
update contact_verifications v set attempts = attempts + 1
where v.id = (select max(id) from contact_verifications where customer_id = %(customer)s and kind = 'phone' and value = %(value)s)
  and v.verified_at is null
returning v.id, v.secret, v.expires_at, v.attempts
"""
_LINK: Final = """
select v.id, v.customer_id, v.value, v.expires_at, v.verified_at, i.client_name
from contact_verifications v join identity_public_client i on i.id = v.client_id where v.id = %(id)s and v.kind = 'email'
"""
_STAMP: Final = "update customers set {kind}_verified_at = %(now)s where id = %(id)s and {kind} = %(value)s"
_DONE: Final = "update contact_verifications set verified_at = %(now)s where id = %(id)s"


class VerificationView(TypedDict):
    """Whether a contact is verified, and since when."""

    verified: bool
    verifiedAt: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class Named:
    """Whose contact it is: the customer of a case, or a customer that is known to be within reach."""

    case: str | int | None
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer, with the contacts on file."""

    id: int
    client_id: int
    first_name: str
    last_name: str
    full_name: str
    email: str | None
    phone: str | None
    pan: str | None
    email_verified_at: datetime | None
    phone_verified_at: datetime | None
    pan_verified_at: datetime | None
    client_name: str

    def on_file(self, kind: Contact) -> tuple[str | None, datetime | None]:
        """The contact on file, and when it was verified."""
        match kind:
            case "email":
                return self.email, self.email_verified_at
            case "phone":
                return self.phone, self.phone_verified_at
            case "pan":
                return self.pan, self.pan_verified_at


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code that was tried."""

    id: int
    secret: str
    expires_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link that a customer opened."""

    id: int
    customer_id: int
    value: str
    expires_at: datetime
    verified_at: datetime | None
    client_name: str


async def verify_email(caller: Caller, value: str, named: Named) -> VerificationView:
    """Send a link to the e-mail address on file of the customer; verified once it is clicked. Raises as the sender does."""
    customer, answer = await _open(caller, "email", value, named)
    if customer is None or answer["verified"]:
        return answer
    number = await _start(caller, customer, "email", value, secrets.token_hex(16), LINK_LIFETIME)
    address = f"{settings().public_url}/api/verify-email/{sign(PURPOSE, str(number))}"
    text = f"Dear {customer.full_name}, please confirm that this e-mail address is yours: {address}"
    subject = f"{customer.client_name}: confirm your e-mail address"
    await send(VerificationMessage(customer.client_id, customer.id, "email", value, subject, text, caller.user_id))
    return _not_yet(f"A link was sent to {value}. The address is verified once the customer clicks it.")


async def verify_phone(caller: Caller, value: str, named: Named, code: str | None) -> VerificationView:
    """Send a one-time code to the phone on file of the customer, or check the `code` that the customer named.

    Raises Invalid for a wrong code, Gone for one that is over, and as the sender does.
    """
    customer, answer = await _open(caller, "phone", value, named)
    if customer is None or answer["verified"]:
        return answer
    if code is not None:
        return await _check_code(customer, value, code)
    fresh = f"{secrets.randbelow(1_000_000):06d}"
    await _start(caller, customer, "phone", value, digest(f"{customer.id}:{fresh}"), CODE_LIFETIME)
    text = f"{fresh} is your code for {customer.client_name}. It is good for 10 minutes."
    await send(VerificationMessage(customer.client_id, customer.id, "sms", value, "", text, caller.user_id))
    return _not_yet(f"A code was sent to {value}. Ask the customer for it, and send it as `code`.")


async def verify_pan(caller: Caller, value: str, named: Named) -> VerificationView:
    """Verify the PAN on file of the customer by its form, the class of its holder and the letter of the name."""
    customer, answer = await _open(caller, "pan", value, named)
    if customer is None or answer["verified"]:
        return answer
    if wrong := pan.fault(value, customer.first_name, customer.last_name):
        return _not_yet(f"The PAN is not verified. {wrong}")
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        await db.execute(session, _STAMP.format(kind="pan"), {"now": now, "id": customer.id, "value": value})
    message = f"The PAN fits {customer.full_name}: its form, and the class of its holder."
    return {"verified": True, "verifiedAt": now, "message": message}


async def open_link(session: AsyncSession, token: str) -> Link:
    """The verification behind a link. Raises BadToken, and Gone when it is over."""
    number = verify(PURPOSE, token)
    link = await db.fetch_one(session, Link, _LINK, {"id": int(number)}) if number.isdigit() else None
    if link is None:
        raise BadToken
    if link.verified_at is None and link.expires_at < resources.current().clock.now():
        raise Gone("This link is over. Ask your insurer for a new one.", code="link_expired")
    return link


async def confirm(session: AsyncSession, token: str) -> Link:
    """The customer clicked the button. Raises as `open_link`, and Gone when the address on file has changed since."""
    link = await open_link(session, token)
    if link.verified_at is None:
        now = resources.current().clock.now()
        values = {"now": now, "id": link.customer_id, "value": link.value}
        if not await db.execute(session, _STAMP.format(kind="email"), values):
            raise Gone("This address is not on file any more.", code="address_changed")
        await db.execute(session, _DONE, {"now": now, "id": link.id})
    return link


async def _open(caller: Caller, kind: Contact, value: str, named: Named) -> tuple[Customer | None, VerificationView]:
    """The customer whose contact this is, with what is known of it; None when it is not the one on file."""
    number = None if named.case is None else ids.number("case", named.case)
    within, params = reach_filter(caller, "k")
    which = _OF_CASE.format(within=within) if named.customer_id is None else "%(customer)s"
    async with db.unit_of_work() as session:
        values = {**params, "case": number, "customer": named.customer_id}
        customer = await db.fetch_one(session, Customer, _CUSTOMER.format(which=which), values)
    stored, since = customer.on_file(kind) if customer else (None, None)
    if customer is None or stored is None or stored.lower() != value.lower():
        return None, _not_yet(
            f"The {WORDS[kind]} is well-formed, but it is not the one on file of this customer. Save it first."
        )
    if since is not None:
        return customer, {"verified": True, "verifiedAt": since, "message": f"The {WORDS[kind]} is verified."}
    return customer, _not_yet("")


async def _start(
    caller: Caller, customer: Customer, kind: Contact, value: str, secret: str, lifetime: timedelta
) -> int:
    """Note that a link or a code goes out; its number. Raises TooMany above five an hour for a customer."""
    refusal = "Five were sent to this customer within an hour. Please wait."
    await resources.current().limits.require(refusal, RATE, "verify", kind, str(customer.id))
    now = resources.current().clock.now()
    values: dict[str, object] = {"client": customer.client_id, "customer": customer.id, "kind": kind, "value": value}
    values |= {"secret": secret, "expires": now + lifetime, "user": caller.user_id, "now": now}
    async with db.unit_of_work() as session:
        return await db.fetch_only(session, int, _START, values)


async def _check_code(customer: Customer, value: str, code: str) -> VerificationView:
    """Each try is counted in a transaction of its own, so that a wrong one counts, too."""
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        tried = await db.fetch_one(session, Code, _TRY, {"customer": customer.id, "value": value})
    if tried is None or tried.expires_at < now or tried.attempts > ATTEMPTS:
        raise Gone("This code is over. Send a new one.", code="code_expired")
    if not secrets.compare_digest(tried.secret, digest(f"{customer.id}:{code}")):
        left = ATTEMPTS - tried.attempts
        message = f"is not the one that was sent; {left} tries are left"
        raise Invalid(f"The code {message}.", code="wrong_code", details=[{"field": "code", "message": message}])
    async with db.unit_of_work() as session:
        await db.execute(session, _STAMP.format(kind="phone"), {"now": now, "id": customer.id, "value": value})
        await db.execute(session, _DONE, {"now": now, "id": tried.id})
    return {"verified": True, "verifiedAt": now, "message": "The phone number is verified."}


def _not_yet(message: str) -> VerificationView:
    return {"verified": False, "verifiedAt": None, "message": message}
