"""Ask the do-not-contact registry: about one contact, or about a whole list that is to be cleaned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.compliance.contacts import contact_key
from py360.modules.compliance.models import Block, Channel, Contact
from py360.modules.compliance.schemas import ContactIn
from py360.modules.compliance.service.admit import admissible
from py360.modules.settings import api as settings


def _address(contact: ContactIn, channel: Channel) -> str | None:
    """The contact's address for a channel, in its stored form."""
    given = contact.email if channel == "email" else contact.phone
    return contact_key(channel, given) if given else None


async def check(session: AsyncSession, client_id: int, channel: Channel, contact: ContactIn) -> Block | None:
    """Whether the registry stops a message to this contact, and whether an override may be asked for.

    Raises Invalid (`contact_missing`) without an address for the channel.
    """
    address = _address(contact, channel)
    if address is None:
        field = "email" if channel == "email" else "phone"
        raise Invalid(
            f"A check for {channel} needs the contact's {field}.",
            code="contact_missing",
            details=[{"field": f"contact.{field}", "message": "is missing"}],
        )
    (block,) = await admissible(session, client_id, channel, "service", [Contact(address)])
    if block is None or block.reason != "dnc":
        return None
    rules = await settings.get(session, client_id, settings.Dnc)
    return replace(block, override_allowed=block.override_allowed and rules.allow_overrides)


_LOG: Final = """
insert into dnc_deduplication_log (client_id, operation_type, total_contacts, duplicate_contacts, dnc_blocked_contacts,
  clean_contacts, performed_by)
values (%(client)s, 'manual', %(total)s, %(duplicates)s, %(blocked)s, %(clean)s, %(user)s)
"""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A list of contacts after duplicates and blocked ones were taken out."""

    allowed: list[ContactIn]
    blocked: list[tuple[ContactIn, Block]]
    duplicates: int


async def deduplicate(
    session: AsyncSession, caller: Caller, client_id: int, channel: Channel | None, contacts: Sequence[ContactIn]
) -> Cleaned:
    """Take out duplicates (per channel, blanks never match) and the blocked ones. Fails closed: an error lets nobody pass.

    Raises Conflict (`bulk_off`) where the office has switched work on whole lists off.
    """
    if not (await settings.get(session, client_id, settings.Dnc)).bulk_operations_enabled:
        raise Conflict("Cleaning whole lists is switched off under Settings, DNC Management.", code="bulk_off")
    channels: list[Channel] = [channel] if channel else ["email", "sms"]
    unique = _unique(contacts, channels)
    blocks: dict[int, Block] = {}
    reachable: set[int] = set()
    for each in channels:
        asked = [(place, address) for place, contact in enumerate(unique) if (address := _address(contact, each))]
        found = await admissible(session, client_id, each, "service", [Contact(address) for _, address in asked])
        for (place, _), block in zip(asked, found, strict=True):
            if block is None:
                reachable.add(place)
            elif place not in blocks:
                blocks[place] = block
    allowed = [contact for place, contact in enumerate(unique) if place in reachable]
    blocked = [(unique[place], block) for place, block in sorted(blocks.items()) if place not in reachable]
    duplicates = len(contacts) - len(unique)
    await db.execute(
        session,
        _LOG,
        {
            "client": client_id,
            "total": len(contacts),
            "duplicates": duplicates,
            "blocked": len(blocked),
            "clean": len(allowed),
            "user": caller.user_id,
        },
    )
    return Cleaned(allowed, blocked, duplicates)


def _unique(contacts: Sequence[ContactIn], channels: Sequence[Channel]) -> list[ContactIn]:
    """The contacts who add an address to those before them: whose phone is known may still be written to by e-mail."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for contact in contacts:
        keys = {("email" if each == "email" else "phone", _address(contact, each) or "") for each in channels}
        keys = {key for key in keys if key[1]}
        if keys - seen or not keys:
            kept.append(contact)
        seen |= keys
    return kept
