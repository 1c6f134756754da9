"""Which renewals are at risk, the model behind it, and what calls achieved (domain reference, 9)."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Router, Search, listed, ok
from py360.kit.ids import number
from py360.kit.wire import Day
from py360.modules.recommendations import effectiveness, queries
from py360.modules.recommendations.access import CanReadCases, CanReadDashboard
from py360.modules.recommendations.service import models
from py360.modules.recommendations.views import CallList, ModelView, PredictionView, UpliftView

router = Router()


@router.get("/ai/renewal-predictions", response_model=Answer[CallList])
async def list_predictions(
    reads: DbReads,
    caller: CanReadCases,
    page: PageParams,
    search: Search = None,
    below: Annotated[float | None, Query(gt=0, le=1, description="The chance to renew is under this")] = None,
    held_out: Annotated[bool, Query(alias="heldOut", description="The cases kept off the list instead")] = False,
    as_file: AsFile = None,
) -> Response:
    """Who to call first, and why: open cases by the money that is at risk, within the caller's reach."""
    return await listed(
        reads, queries.call_list(caller, page.sort, search, below=below, held_out=held_out), page, as_file
    )


@router.get("/ai/renewal-predictions/{case}", response_model=Answer[PredictionView])
async def read_prediction(reads: DbReads, caller: CanReadCases, case: str) -> Response:
    """How likely a case is to renew, with the three reasons that matter most."""
    return ok(await queries.prediction(reads, caller, number("case", case)))


@router.get("/ai/renewal-model", response_model=Answer[ModelView])
async def read_model(reads: DbReads, caller: CanReadDashboard) -> Response:
    """The card of the model in use: what it was trained on, how well it predicts, and for whom."""
    return ok(await models.in_use(reads, caller.client_id))


@router.get("/ai/renewal-uplift", response_model=Answer[UpliftView])
async def read_uplift(
    reads: DbReads,
    caller: CanReadDashboard,
    resources: Res,
    since: Annotated[Day | None, Query(alias="from")] = None,
    until: Annotated[Day | None, Query(alias="to")] = None,
) -> Response:
    """What the call list achieved against the cases held out, in renewals and rupees; the last 90 days unless the request says otherwise."""
    last = until or resources.clock.today()
    period = effectiveness.period(since or last - timedelta(days=90), last)
    return ok(await queries.uplift(reads, caller, period))
