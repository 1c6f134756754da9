"""Messages to customers whose death was reported are refused (ADR 100).

Asked in the gate's own transaction, of the public view of claims, so that the first message after the report is refused, too.
Transactional messages pass, which is how the family is informed of the claim; so does a text that a person wrote for this customer.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.messaging.messages import Outgoing

REFUSED: Final = (
    "death_claim",
    "The death of this customer was reported: reminders and promotion are stopped. Speak with the family about the claim.",
)
# The customer that the message names, else the one who has the address.
_BEREAVED: Final = """
select a.place::int from unnest(%(contacts)s::text[], %(customers)s::bigint[]) with ordinality as a (contact, customer_id, place)
where exists (select from claims_public_death d where d.client_id = %(client)s and d.customer_id = a.customer_id)
   or a.customer_id is null and exists (
     select from claims_public_death d join customers_public_contact p on p.id = d.customer_id
     where d.client_id = %(client)s and p.{column} = a.contact)
"""


async def refuse(session: AsyncSession, batch: Sequence[Outgoing]) -> list[tuple[str, str] | None]:
    """The reason and sentence for each message of a batch of one client and channel that must not leave, in its order."""
    asked = [place for place, each in enumerate(batch) if _is_automatic(each)]
    verdicts: list[tuple[str, str] | None] = [None] * len(batch)
    if not asked:
        return verdicts
    values = {
        "client": batch[0].client_id,
        "contacts": [batch[place].contact for place in asked],
        "customers": [batch[place].customer_id for place in asked],
    }
    sql = _BEREAVED.format(column="email" if batch[0].channel == "email" else "phone")
    for place in await db.fetch_all(session, int, sql, values):
        verdicts[asked[place - 1]] = REFUSED
    return verdicts


def _is_automatic(outgoing: Outgoing) -> bool:
    """Promotion always; service messages unless a person wrote this text for this customer."""
    if outgoing.purpose == "transactional":
        return False
    written_by_hand = outgoing.template is None and outgoing.campaign_id is None and outgoing.sent_by is not None
    return outgoing.purpose == "promotional" or not written_by_hand
