"""Reading the suppression list, and what customers decided about messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.compliance.views import ConsentView, SuppressionView

_SUPPRESSION: Final = (
    "select id, client_id, channel, contact, reason, details, expires_at, stopped_at, created_at from suppressions"
)


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """An address of the suppression list."""

    id: int
    client_id: int
    channel: str
    contact: str
    reason: str
    details: str | None
    expires_at: datetime | None
    stopped_at: datetime | None
    created_at: datetime

    def to_public(self) -> SuppressionView:
        """A suppressed address as the API answers it."""
        return {
            "id": self.id,
            "clientId": self.client_id,
            "channel": self.channel,
            "contact": self.contact,
            "reason": self.reason,
            "details": self.details,
            "expiresAt": self.expires_at,
            "stoppedAt": self.stopped_at,
            "createdAt": self.created_at,
        }


def suppressions(
    caller: Caller,
    sort: str | None,
    *,
    channel: str | None,
    reason: str | None,
    contact: str | None,
    search: str | None,
) -> Listing[SuppressionRow]:
    """The suppression list, newest first."""
    return Listing(
        "suppressions",
        _SUPPRESSION,
        "client_id = any(%(clients)s) and (%(channel)s::text is null or channel = %(channel)s)"
        " and (%(reason)s::text is null or reason = %(reason)s) and (%(contact)s::text is null or contact = %(contact)s)"
        " and (%(search)s::text is null or contact ilike %(search)s or details ilike %(search)s)",
        ordering(
            sort,
            {"id": "id", "createdAt": "id", "channel": "channel", "reason": "reason", "contact": "contact"},
            "-id",
            "id",
        ),
        {
            "clients": list(caller.client_ids),
            "channel": channel,
            "reason": reason,
            "contact": contact,
            "search": containing(search),
        },
        SuppressionRow.to_public,
        ("channel", "contact", "reason", "details", "expiresAt", "stoppedAt", "createdAt"),
        row=SuppressionRow,
    )


def person(caller: Caller, ref: str | int) -> tuple[str, dict[str, object]]:
    """The predicate on `customers_public_contact p` for a customer by code or number, within the caller's reach."""
    text = str(ref).strip()
    within, params = reach_filter(caller, "k")
    params = {**params, "text": text, "number": ids.bare_number(text)}
    # A code that several of the caller's clients use names nobody: only its number, or `clientId`, does.
    named = (
        "(p.id = %(number)s or p.customer_code = %(text)s and not exists ("
        "select from customers_public_contact o where o.customer_code = p.customer_code"
        " and o.client_id <> p.client_id and o.client_id = any(%(reach_clients)s)))"
        " and p.client_id = any(%(reach_clients)s)"
    )
    if caller.reach == "all":
        return named, params
    return f"{named} and p.id in (select k.customer_id from cases_public_case k where {within})", params


def no_customer(ref: str | int) -> NotFound:
    """Unknown, or not within reach: the same answer."""
    return NotFound(f"There is no customer {str(ref)[:60]} within your reach.", code="customer_not_found")


_CONSENTS: Final = """
select id, channel, purpose, state, source, evidence, recorded_by, recorded_at
from consents where customer_id = %(customer)s order by id desc limit 200
"""


@dataclass(frozen=True, slots=True)
class _Consent:
    id: int
    channel: str
    purpose: str
    state: str
    source: str
    evidence: dict[str, str | int | None] | None
    recorded_by: int | None
    recorded_at: datetime

    def to_public(self) -> ConsentView:
        return {
            "id": self.id,
            "channel": self.channel,
            "purpose": self.purpose,
            "state": self.state,
            "source": self.source,
            "evidence": self.evidence,
            "recordedBy": self.recorded_by,
            "recordedAt": self.recorded_at,
        }


async def consents(reads: Reads, caller: Caller, customer: str) -> list[ConsentView]:
    """Everything a customer decided about messages, newest first; the newest of a channel and purpose counts. Raises NotFound."""
    where, params = person(caller, customer)
    number = await reads.fetch_one(int, f"select p.id from customers_public_contact p where {where}", params)
    if number is None:
        raise no_customer(customer)
    return [each.to_public() for each in await reads.fetch_all(_Consent, _CONSENTS, {"customer": number})]
