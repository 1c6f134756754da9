"""A million open cases: what is known of each taken, and all of them scored (issue 15, section 3: under 60 s); and how well a model
predicts, on outcomes that lie beside the checkout.

The floor of the scoring: an `insert ... select` of as many rows of the same width. The baselines of the prediction: everybody the
average (AUC 0.5), and the best single feature alone, its direction chosen on the same rows, which favours it.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import psycopg
import uvloop
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from bench import portfolio
from bench.installation import installation
from py360.entrypoints import wiring
from py360.kit.clock import SystemClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.recommendations import api as recommendations
from py360.modules.recommendations.propensity.features import word_column
from py360.modules.recommendations.propensity.outcomes import Outcomes

Out = Callable[[str], None]
SECONDS: Final = 60.0
OUTCOMES: Final = Path(__file__).parents[2] / "shared" / "data" / "lapse_outcomes.csv"
_FLOOR: Final = """
create table predictions_floor as select case_id, client_id, model_id, lapse_chance, expected_loss, reasons, held_out, scored_at
from renewal_predictions
"""


def run(out: Out, cases: int = 1_000_000) -> bool:
    """Measure and say so; whether every figure is within its bound."""
    predicts = _judge(out)
    with installation() as url:
        clock = SystemClock()
        with psycopg.connect(url, autocommit=True) as connection:
            portfolio.fill(connection, cases, clock.today(), clock.now())
        scored, seconds = uvloop.run(_score())
        with psycopg.connect(url, autocommit=True) as connection:
            began = time.perf_counter()
            connection.execute(_FLOOR)
            floor = time.perf_counter() - began
    bound = SECONDS * max(scored, 1) / 1_000_000
    fine = scored > 0 and seconds <= bound
    out(
        f"{scored:,} open cases looked at and scored in {seconds:.1f} s (bound {bound:.0f} s): {'ok' if fine else 'MISSED'}"
    )
    out(f"  floor: the predictions copied into a bare table {floor:.1f} s, {seconds / floor:.1f} x")
    return fine and predicts


def _judge(out: Out) -> bool:
    """A model of the outcomes beside the checkout, each case judged by models that have not seen it."""
    if not OUTCOMES.exists():
        out("../shared/data/lapse_outcomes.csv is not here: how well a model predicts was not measured")
        return True
    outcomes = recommendations.read_outcomes(OUTCOMES)
    began = time.perf_counter()
    card = recommendations.train(outcomes, datetime.now(UTC)).card
    seconds = time.perf_counter() - began
    name, alone = max(
        ((name, _alone(column, outcomes)) for name, column in outcomes.table.items() if column.dtype.kind == "f"),
        key=lambda each: each[1],
    )
    fine = card.auc > max(alone, 0.5) and card.brier < card.brier_of_average
    out(
        f"lapses of {card.cases:,} policies ({100 * card.lapsed:.1f} % lapsed), {card.folds} folds: AUC {card.auc:.3f}"
        f" (everybody the average 0.500, {name} alone {alone:.3f}), Brier {card.brier:.4f} (the average {card.brier_of_average:.4f}),"
        f" the tenth most at risk lapses {card.top_decile_lift:.2f} x as often; trained in {seconds:.1f} s"
        f" {'ok' if fine else 'MISSED'}"
    )
    return fine


def _alone(column: NDArray[np.float64], outcomes: Outcomes) -> float:
    """The AUC of one feature, in the better direction; an unknown value counts as the middle."""
    known = np.where(np.isnan(column), np.nanmedian(column), column)
    auc = float(roc_auc_score(outcomes.lapsed, known))
    return max(auc, 1 - auc)


async def _score() -> tuple[int, float]:
    opened = await Resources.open(settings())
    wiring.import_models()
    wiring.import_jobs()
    try:
        model = recommendations.train(_outcomes(), datetime.now(UTC))
        async with unit_of_work() as session:
            await recommendations.activate(session, 1, model)
        began = time.perf_counter()
        scored = await recommendations.score_client(1)
        return scored, time.perf_counter() - began
    finally:
        await opened.close()


def _outcomes(rows: int = 10_000) -> Outcomes:
    """Outcomes in which every feature counts, so that the model has them all."""
    chance = random.Random(1)
    numbers = {
        name: np.array([chance.uniform(low, high) for _ in range(rows)])
        for name, low, high in (
            ("age", 20, 80), ("premium", 5_000, 60_000), ("premium_change", -0.2, 0.4), ("payments_per_year", 1, 12),
            ("policies_held", 1, 6), ("tenure_years", 0, 12),
        )
    }  # fmt: skip
    risk = sum((values - values.mean()) / values.std() for values in numbers.values())
    return Outcomes(
        table=numbers,
        lapsed=np.array([chance.random() < 1 / (1 + np.exp(2 - each / 3)) for each in risk]),
        region=word_column([None] * rows),
        source="bench",
    )
