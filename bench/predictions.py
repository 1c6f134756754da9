"""A million open cases: what is known of each taken, and all of them scored (issue 15, section 3: under 60 s).

The floor of the same run: an `insert ... select` of as many rows of the same width.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import numpy as np
import psycopg
import uvloop

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
_FLOOR: Final = """
create table predictions_floor as select case_id, client_id, model_id, lapse_chance, expected_loss, reasons, held_out, scored_at
from renewal_predictions
"""


def run(out: Out, cases: int = 1_000_000) -> bool:
    """Measure and say so; whether every figure is within its bound."""
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
    return fine


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
