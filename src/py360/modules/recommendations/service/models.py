"""The models of a client: outcomes to learn from, the new model, the one in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.errors import Invalid
from py360.kit.reads import Reads
from py360.modules.recommendations.propensity.features import BY_NAME, Table, number_column, word_column
from py360.modules.recommendations.propensity.model import Model, load
from py360.modules.recommendations.propensity.outcomes import Outcomes
from py360.modules.recommendations.views import CardView, ModelView

_OWN_HISTORY: Final = sql.read(__file__, "own_history")
_ACTIVE: Final = "select id, model from renewal_models where client_id = %(client)s and is_active"
_REPLACE: Final = "update renewal_models set is_active = false where client_id = %(client)s and is_active"
_ADD: Final = """
insert into renewal_models (client_id, model, is_active, created_at) values (%(client)s, %(model)s::jsonb, true, %(now)s)
returning id
"""


@dataclass(frozen=True, slots=True)
class CaseFeatures:
    """What is known of a case, as `case_features` keeps it; the premium in INR."""

    case_id: int
    age: int | None
    premium: float
    premium_change: float | None
    payments_per_year: int | None
    policies_held: int
    tenure_years: int | None
    line: str
    channel: str | None
    city: str | None


@dataclass(frozen=True, slots=True)
class EndedCase(CaseFeatures):
    """A case that ended, with its outcome."""

    region: str | None
    lapsed: bool


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model in use."""

    id: int
    model: Model


@dataclass(frozen=True, slots=True)
class _ModelRow:
    id: int
    model: dict[str, object]


def as_table(cases: Sequence[CaseFeatures]) -> Table:
    """The features of many cases, column by column."""
    return {
        name: (number_column if feature.kind == "number" else word_column)([getattr(case, name) for case in cases])
        for name, feature in BY_NAME.items()
    }


async def own_history(session: AsyncSession, client_id: int) -> Outcomes:
    """Every case of the client that ended since its features are kept."""
    ended = await db.fetch_all(session, EndedCase, _OWN_HISTORY, {"client": client_id})
    return Outcomes(
        table=as_table(ended),
        lapsed=np.array([case.lapsed for case in ended], dtype=np.bool_),
        region=word_column([case.region for case in ended]),
        source="own history",
    )


async def activate(session: AsyncSession, client_id: int, model: Model) -> int:
    """Store a model and use it from now on; its number. The one before is kept. Raises Invalid for one that could not be loaded."""
    text = model.model_dump_json(by_alias=True)
    load(orjson.loads(text))
    await db.execute(session, _REPLACE, {"client": client_id})
    params = {"client": client_id, "model": text, "now": resources.current().clock.now()}
    return await db.fetch_only(session, int, _ADD, params)


async def active(source: db.Source, client_id: int) -> StoredModel | None:
    """The model in use, or None before the first training; raises Invalid when this version cannot use it."""
    found = await db.fetch_one(source, _ModelRow, _ACTIVE, {"client": client_id})
    return StoredModel(found.id, load(found.model)) if found else None


async def in_use(reads: Reads, client_id: int) -> ModelView:
    """The card of the model in use; without one, or with one that cannot be used, what to do."""
    try:
        stored = await active(reads, client_id)
    except Invalid as refused:
        return {"modelId": None, "card": None, "message": refused.message}
    if stored is None:
        message = "There is no model yet. An operator trains one: py360 model train"
        return {"modelId": None, "card": None, "message": message}
    card = cast(CardView, stored.model.card.model_dump(by_alias=True))  # the names of the schema are those of the view
    return {"modelId": stored.id, "card": card, "message": f"Trained on {card['cases']:,} cases."}
