"""Whether a case is within the caller's reach."""

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.reads import Reads
from py360.modules.files import api as files


def case_not_found(case_id: int | str) -> NotFound:
    """The answer about a case that does not exist or is out of reach: the two answer alike."""
    return NotFound(f"There is no case {ids.code('case', int(case_id))} within your reach.", code="case_not_found")


async def check_reach(reads: Reads, caller: Caller, case_id: int) -> None:
    """Raise NotFound unless the case is within the caller's reach."""
    within, params = reach_filter(caller)
    sql = f"select 1 from renewal_cases c where c.id = %(id)s and {within}"
    if not await reads.fetch_one(int, sql, {**params, "id": case_id}):
        raise case_not_found(case_id)


async def file_entity(reads: Reads, caller: Caller, named: str | int) -> files.Entity:
    """The case that a document belongs to; raises NotFound."""
    case_id = ids.number("case", named)
    within, params = reach_filter(caller)
    sql = f"select c.id, c.client_id, c.case_number as code from renewal_cases c where c.id = %(id)s and {within}"
    case = await reads.fetch_one(files.Entity, sql, {**params, "id": case_id})
    if case is None:
        raise case_not_found(case_id)
    return case
