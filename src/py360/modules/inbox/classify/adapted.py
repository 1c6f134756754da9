"""Corrections by people: the newest of a client are learned on top of the shipped model, and forgotten with it when it changes."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.inbox.classify.classifier import Adapted, Classifier
from py360.modules.inbox.classify.features import places_of
from py360.modules.inbox.classify.model import HEADS, Model, Weights, shipped

NEWEST: Final = 500
ROUNDS: Final = 4
RATE: Final = 2.0
CHECKED_EVERY_SECONDS: Final = 5.0
MAX_CONTENT: Final = 3_000  # characters of a mail that are kept with a correction


@dataclass(frozen=True, slots=True)
class Correction:
    """A mail's text, and what a person said it is."""

    head: str
    label: str
    content: str


@dataclass(frozen=True, slots=True)
class _Kept:
    of: resources.Resources
    at: float
    newest: int
    classifier: Classifier


_kept: dict[int, _Kept] = {}


async def classifier_for(session: AsyncSession, client_id: int) -> Classifier:
    """The classifier of a client. Corrections of other processes are seen after a few seconds."""
    kept, here, now = _kept.get(client_id), resources.current(), time.monotonic()
    if kept is not None and kept.of is here and now - kept.at < CHECKED_EVERY_SECONDS:
        return kept.classifier
    newest = await db.fetch_only(
        session,
        int,
        "select coalesce(max(id), 0) from email_corrections where client_id = %(client)s",
        {"client": client_id},
    )
    if kept is not None and kept.of is here and kept.newest == newest:
        classifier = kept.classifier
    else:
        rows = await db.fetch_all(
            session,
            Correction,
            "select head, label, content from email_corrections where client_id = %(client)s order by id desc"
            f" limit {NEWEST}",
            {"client": client_id},
        )
        classifier = Classifier(shipped(), adapt(shipped(), rows[::-1]))
    _kept[client_id] = _Kept(here, now, newest, classifier)
    return classifier


def forget(client_id: int) -> None:
    """Read a client's corrections again at the next mail."""
    _kept.pop(client_id, None)


def adapt(model: Model, corrections: Sequence[Correction]) -> Adapted:
    """Weights on top of the model's, by stochastic gradient steps over the corrections, the oldest first."""
    added: dict[str, dict[int, Weights]] = {
        head: defaultdict(lambda size=len(labels): np.zeros(size, dtype=np.float32))  # type: ignore[misc]  # a default binds the size
        for head, labels in HEADS.items()
    }
    examples = [
        (each.head, HEADS[each.head].index(each.label), places_of("", each.content))
        for each in corrections
        if each.head in HEADS and each.label in HEADS[each.head]
    ]
    adapted = Adapted(added)
    for _ in range(ROUNDS):
        for head, label, places in examples:
            scores = model.scores(head, places)
            more = adapted.scores(head, places)
            scores = scores if more is None else scores + more
            raised = np.exp(scores - scores.max())
            step = -RATE * raised / raised.sum()
            step[label] += RATE
            step = (step / np.sqrt(max(1, len(places)))).astype(np.float32)
            for place in places.tolist():
                added[head][place] = added[head][place] + step
    return Adapted({head: dict(rows) for head, rows in added.items()})
