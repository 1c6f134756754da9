"""How regions, branches and teams perform."""

from typing import Annotated

from fastapi import Query, Response

from py360.kit.http import Answer, DbReads, Res, ok
from py360.modules.organization import queries
from py360.modules.organization.access import CanSeeOrganization
from py360.modules.organization.performance import figures
from py360.modules.organization.performance.period import PeriodFilter
from py360.modules.organization.performance.views import ComparisonView, NodePerformanceView
from py360.modules.organization.routes.base import router

NodeIds = Annotated[list[int], Query(alias="nodeIds", min_length=1, max_length=20, description="The nodes to compare")]


@router.get("/hierarchy/compare", response_model=Answer[ComparisonView])
async def compare(
    reads: DbReads, res: Res, caller: CanSeeOrganization, node_ids: NodeIds, chosen: Annotated[PeriodFilter, Query()]
) -> Response:
    """Nodes beside each other in a period, in the order they were named."""
    period = chosen.period(res.clock.today())
    nodes = await queries.some(reads, caller, node_ids)
    found = await figures.figures(reads, caller.client_ids, period, node_ids)
    shown = [figures.result(node, found) for node in nodes]
    return ok({"period": {"from": period.first, "to": period.last}, "nodes": shown})


@router.get("/hierarchy/{node_id}/performance", response_model=Answer[NodePerformanceView])
async def node_performance(
    reads: DbReads, res: Res, caller: CanSeeOrganization, node_id: int, chosen: Annotated[PeriodFilter, Query()]
) -> Response:
    """What a node achieved in a period with everything below it, by the tree as it was: beside the period before and its
    children; of a team, what each member did while they were in it. This financial year unless said."""
    (node,) = await queries.some(reads, caller, [node_id])
    children = await queries.children(reads, caller, node_id)
    return ok(await figures.of_node(reads, caller, node, children, chosen.period(res.clock.today())))
