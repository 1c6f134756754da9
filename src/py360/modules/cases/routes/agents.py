"""Who takes cases, when and how many."""

from fastapi import Response

from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Search, Session, etag, listed, ok
from py360.modules.cases.access import CanWorkCases
from py360.modules.cases.assignment import availability
from py360.modules.cases.routes.answers import AgentList, AvailabilitySaved
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import AvailabilityIn


@router.get("/agents", response_model=Answer[AgentList])
async def list_agents(
    reads: DbReads, caller: CanWorkCases, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The agents who take cases, with capacity, working hours, absence and open cases."""
    return await listed(reads, availability.agents(caller, search, page.sort), page, as_file)


@router.put("/agents/{user_id}/availability", response_model=Answer[AvailabilitySaved])
async def set_availability(
    session: Session, caller: CanWorkCases, user_id: int, body: AvailabilityIn, if_match: IfMatch
) -> Response:
    """Say when and how many cases an agent takes (managers only). From the first day of an absence, cases that need work are
    given to others, where cases are assigned automatically.
    """
    version = await availability.set_availability(session, caller, user_id, body, if_match)
    return ok(
        {"userId": user_id, "version": version, "message": "The agent's hours were saved."}, headers=etag(version)
    )
