"""Keeping what is known of open cases, and what the model predicts for them; a batch at a time."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.modules.recommendations.service.models import CaseFeatures, StoredModel, as_table
from py360.modules.settings import api as settings

BATCH: Final = 50_000  # cases
_TAKE: Final = sql.read(__file__, "take_features")
_UNSCORED: Final = sql.read(__file__, "unscored_cases")
_WRITE: Final = sql.read(__file__, "write_predictions")


async def take_features(session: AsyncSession, client_id: int, after: int) -> int | None:
    """Note what is known of the next open cases behind number `after` that changed; the last one's number, None at the end."""
    now = resources.current().clock.now()
    params = {"client": client_id, "after": after, "limit": BATCH, "now": now}
    return await db.fetch_one(session, int, _TAKE, params)


async def score(
    session: AsyncSession, client_id: int, stored: StoredModel, after: int, until: int | None
) -> tuple[int | None, int]:
    """Score the next open cases that changed, behind number `after` and up to `until`; the last one's number (None at the
    end), and how many."""
    params = {"client": client_id, "model": stored.id, "after": after, "until": until, "limit": BATCH}
    cases = await db.fetch_all(session, CaseFeatures, _UNSCORED, params)
    if not cases:
        return None, 0
    contributions = stored.model.contributions(as_table(cases))
    renewals = await settings.get(session, client_id, settings.Renewals)
    await db.execute(
        session,
        _WRITE,
        {
            "model": stored.id,
            "cases": [case.case_id for case in cases],
            "chances": stored.model.chances(contributions).tolist(),
            "reasons": [",".join(codes) for codes in stored.model.reasons(contributions)],
            "held_out_percent": renewals.call_list_hold_out,
            "now": resources.current().clock.now(),
        },
    )
    return cases[-1].case_id, len(cases)
