"""Sales channels."""

from typing import Annotated, Literal

from fastapi import Query, Response

from py360.kit import ids
from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Res, Search, Session, etag, listed, ok
from py360.modules.organization.access import CanChangeOrganization, CanSeeOrganization
from py360.modules.organization.channels import queries, service
from py360.modules.organization.channels.schemas import BulkIn, ChannelChange, ChannelIn
from py360.modules.organization.channels.views import (
    BulkView,
    ChannelList,
    ChannelPerformanceView,
    ChannelSaved,
    ChannelView,
)
from py360.modules.organization.performance.period import PeriodFilter
from py360.modules.organization.routes.base import router


@router.get("/channels", response_model=Answer[ChannelList])
async def list_channels(
    reads: DbReads,
    res: Res,
    caller: CanSeeOrganization,
    page: PageParams,
    search: Search = None,
    type: Literal["online", "mobile", "offline", "phone", "agent"] | None = None,
    status: Literal["active", "inactive", "maintenance"] | None = None,
    as_file: AsFile = None,
) -> Response:
    """The channels of the caller's clients, with the figures of this financial year."""
    figures = await queries.all_figures(reads, caller, PeriodFilter().period(res.clock.today()))
    chosen = queries.ChannelFilter(search, type, status, figures)
    return await listed(reads, queries.channels(caller, chosen, page.sort, res.clock.now()), page, as_file)


@router.post("/channels", status_code=201, response_model=Answer[ChannelSaved])
async def add_channel(session: Session, caller: CanChangeOrganization, body: ChannelIn) -> Response:
    """Add a channel; its name is what policy files and cases call it."""
    number = await service.add(session, caller, body)
    return ok({"id": ids.code("channel", number), "name": body.name, "message": f"{body.name} was added."}, 201)


@router.post("/channels/bulk", response_model=Answer[BulkView])
async def bulk(session: Session, caller: CanChangeOrganization, body: BulkIn) -> Response:
    """Activate, deactivate or delete several channels, or set them under maintenance; each that cannot be is named."""
    succeeded, failures = await service.apply(session, caller, body.action, body.ids)
    message = f"{len(succeeded)} channels were changed" + (f", {len(failures)} were not." if failures else ".")
    return ok({"succeeded": succeeded, "failures": failures, "message": message})


@router.get("/channels/{channel_id}", response_model=Answer[ChannelView])
async def read_channel(reads: DbReads, res: Res, caller: CanSeeOrganization, channel_id: str) -> Response:
    """One channel, with the figures of this financial year. The ETag is what a change asks for."""
    found = await queries.find(reads, caller, channel_id)
    figures = await queries.figures(reads, [found.id], PeriodFilter().period(res.clock.today()))
    return ok(found.to_public(figures[found.id], res.clock.now()), headers=etag(found.version))


@router.put("/channels/{channel_id}", response_model=Answer[ChannelSaved])
async def change_channel(
    session: Session,
    reads: DbReads,
    res: Res,
    caller: CanChangeOrganization,
    channel_id: str,
    body: ChannelChange,
    if_match: IfMatch,
) -> Response:
    """Change the given fields. A channel with open cases keeps its name."""
    found = await queries.find(reads, caller, channel_id)
    await service.change(session, caller, channel_id, body, if_match)
    body.as_shown(found.to_public(queries.ChannelFigures(found.id), res.clock.now()))
    name = body.name if "name" in body.model_fields_set else found.name
    return ok({"id": found.code, "name": name, "message": f"{name} was saved."})


@router.delete("/channels/{channel_id}", response_model=Answer[ChannelSaved])
async def delete_channel(session: Session, caller: CanChangeOrganization, channel_id: str) -> Response:
    """Delete a channel that has no open cases."""
    gone = await service.delete(session, caller, channel_id)
    return ok({"id": ids.code("channel", gone.id), "name": gone.name, "message": f"{gone.name} was deleted."})


@router.get("/channels/{channel_id}/performance", response_model=Answer[ChannelPerformanceView])
async def channel_performance(
    reads: DbReads, res: Res, caller: CanSeeOrganization, channel_id: str, chosen: Annotated[PeriodFilter, Query()]
) -> Response:
    """What a channel achieved and cost in a period, beside the period before; this financial year unless said."""
    found = await queries.find(reads, caller, channel_id)
    return ok(await queries.performance(reads, found, chosen.period(res.clock.today())))
