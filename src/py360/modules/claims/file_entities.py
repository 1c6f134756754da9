"""The claims that documents belong to, within the caller's reach."""

from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.reads import Reads
from py360.modules.claims.service.lock import not_found
from py360.modules.files import api as files

_CLAIM: Final = "select c.id, c.client_id, c.claim_number as code from claims c where {named} and {within}"


async def claim_entity(reads: Reads, caller: Caller, named: str | int) -> files.Entity:
    """A claim by number, or by our key; raises NotFound."""
    within, params = reach_filter(caller)
    where = "c.id = %(id)s" if isinstance(named, int) else "(c.claim_number = upper(%(text)s) or c.id = %(id)s)"
    number = named if isinstance(named, int) else ids.bare_number(named)
    values = {**params, "id": number, "text": str(named).strip()}
    claim = await reads.fetch_one(files.Entity, _CLAIM.format(named=where, within=within), values)
    if claim is None:
        raise not_found(str(named))
    return claim
