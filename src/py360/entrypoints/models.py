"""`py360 model`: train the model that predicts which renewals are at risk, and show its card."""

import asyncio
from pathlib import Path

from py360.kit.db import unit_of_work
from py360.kit.resources import current
from py360.modules.identity import api as identity
from py360.modules.recommendations import api as recommendations


async def train(file: Path | None, client: str) -> str:
    """Train on a file of outcomes, or on the client's own history; use the model, and score the open cases. What came of it."""
    async with unit_of_work() as session:
        client_id = await identity.client_number(session, client)
        if file is None:
            outcomes = await recommendations.own_history(session, client_id)
    if file is not None:
        outcomes = await asyncio.to_thread(recommendations.read_outcomes, file)
    model = await asyncio.to_thread(recommendations.train, outcomes, current().clock.now())
    async with unit_of_work() as session:
        await recommendations.activate(session, client_id, model)
    scored = await recommendations.score_client(client_id)
    return f"{in_words(model.card)}\nIt is in use. Open cases scored: {scored:,}."


def in_words(card: recommendations.Card) -> str:
    """A model's card for the terminal."""
    lines = [
        f"Trained on {card.cases:,} cases of {card.source}, {card.lapsed:.1%} of them lapsed.",
        f"Cross-validated ({card.folds} folds): AUC {card.auc:.3f}, Brier {card.brier:.4f} (always the average: {card.brier_of_average:.4f}),"
        f" the tenth most at risk lapsed {card.top_decile_lift:.2f} times as often as the average.",
        "Predicted and lapsed, by tenths: "
        + ", ".join(f"{band.predicted:.1%}/{band.lapsed:.1%}" for band in card.calibration),
        "By age: " + "; ".join(f"{band.name} {band.predicted:.1%}/{band.lapsed:.1%}" for band in card.by_age),
        "What counts most: " + ", ".join(sorted(card.features, key=lambda name: -card.features[name])),
    ]
    return "\n".join(lines)
