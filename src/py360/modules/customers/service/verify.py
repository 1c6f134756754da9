"""Contacts that an officer has checked: their moment is kept with the customer."""

from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from py360.kit import db, ids
from py360.kit.caller import Caller, reach_filter

Contact = Literal["email", "phone", "pan"]
_STAMP: Final = """
update customers u set {contact}_verified_at = %(now)s
where lower(u.{contact}) = lower(%(value)s)
  and u.id = (select k.customer_id from cases_public_case k where k.id = %(case)s and {within})
returning 1
"""
_WORDS: Final = {"email": "e-mail address", "phone": "phone number", "pan": "PAN"}


class VerificationView(TypedDict):
    """Whether a contact is verified, and since when."""

    verified: bool
    verifiedAt: datetime | None
    message: str


async def verify(
    session: AsyncSession, caller: Caller, contact: Contact, value: str, case: str | int | None, now: datetime
) -> VerificationView:
    """Stamp the contact of the case's customer when it is this one; another is well-formed at best, and not verified."""
    number = None if case is None else ids.number("case", case)
    within, params = reach_filter(caller, "k")
    params = {**params, "now": now, "value": value, "case": number}
    found = await db.fetch_one(session, int, _STAMP.format(contact=contact, within=within), params)
    if found:
        return {"verified": True, "verifiedAt": now, "message": f"The {_WORDS[contact]} is verified."}
    message = f"The {_WORDS[contact]} is well-formed, but it is not the one on file of this customer. Save it first."
    return {"verified": False, "verifiedAt": None, "message": message}
