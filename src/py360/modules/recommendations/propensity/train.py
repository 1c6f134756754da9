"""Training: points per feature by gradient boosting, judged by cross-validation, calibrated on what was held out."""

import hashlib
import json
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from py360.kit.errors import Invalid
from py360.modules.recommendations.propensity.card import Band, Card
from py360.modules.recommendations.propensity.features import FEATURES, Column, Feature
from py360.modules.recommendations.propensity.model import FeaturePoints, Model
from py360.modules.recommendations.propensity.outcomes import Outcomes

FOLDS: Final = 5
SEED: Final = 360
BANDS: Final = 24  # of a number
WORDS: Final = 60  # of a category; rarer ones count as not known
FEWEST_OF_WORD: Final = 30
FEWEST_CASES: Final = 500
FEWEST_LAPSED: Final = 50
FEWEST_OF_GROUP: Final = 100
AGES: Final = ((0, "under 30", 30), (30, "30 to 44", 45), (45, "45 to 59", 60), (60, "60 and older", 200))
Numbers = NDArray[np.float64]


def train(outcomes: Outcomes, now: datetime) -> Model:
    """A model of these outcomes; raises Invalid when they are too few to learn from.

    On one core: where others work on the machine, scikit-learn's threads wait for each other, and it takes ten times as long.
    """
    with threadpool_limits(1, user_api="openmp"):
        return _trained(outcomes, now)


def _trained(outcomes: Outcomes, now: datetime) -> Model:
    lapsed = outcomes.lapsed.astype(np.int64)
    _check_enough(lapsed)
    features = [
        _banded(feature, outcomes.table[feature.name]) for feature in FEATURES if feature.name in outcomes.table
    ]
    features = [each for each in features if len(each.points) > 2]  # one with a single value decides nothing
    if not features:
        raise Invalid("The outcomes hold no column that a model can learn from.", code="nothing_to_learn")
    places = np.column_stack([each.places(outcomes.table[each.name]) for each in features])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    odds = cross_val_predict(_boosting(features), places, lapsed, cv=folds, method="decision_function").reshape(-1, 1)
    calibrator = LogisticRegression(C=np.inf)
    chances = cross_val_predict(calibrator, odds, lapsed, cv=folds, method="predict_proba")[:, 1]
    calibrator.fit(odds, lapsed)
    fitted = _boosting(features).fit(places, lapsed)
    intercept, features = _points(fitted, features, places)
    return Model(
        intercept=intercept,
        slope=float(calibrator.coef_[0, 0]),
        offset=float(calibrator.intercept_[0]),
        features=features,
        card=_card(outcomes, chances, features, places, now),
    )


def _check_enough(lapsed: NDArray[np.int64]) -> None:
    if len(lapsed) < FEWEST_CASES or not FEWEST_LAPSED <= lapsed.sum() <= len(lapsed) - FEWEST_LAPSED:
        raise Invalid(
            f"There are {len(lapsed):,} cases with an outcome, {int(lapsed.sum()):,} of them lapsed. A model needs at least"
            f" {FEWEST_CASES} cases, with {FEWEST_LAPSED} of each outcome.",
            code="too_few_outcomes",
        )


def _banded(feature: Feature, column: Column) -> FeaturePoints:
    """The bands of a feature's values, of about as many cases each, with no points yet."""
    if feature.kind == "number":
        known = column.astype(np.float64)
        known = known[~np.isnan(known)]
        cuts = np.quantile(known, np.linspace(0, 1, BANDS + 1)[1:-1]) if len(known) else np.array([])
        edges = tuple(float(edge) for edge in np.unique(cuts) if edge > known.min())
        return FeaturePoints(name=feature.name, edges=edges, points=[0.0] * (len(edges) + 2))
    words, counts = np.unique([word for word in column if word is not None], return_counts=True)
    often = sorted(zip(-counts, words, strict=True))[:WORDS]
    kept = tuple(sorted(str(word) for count, word in often if -count >= FEWEST_OF_WORD))
    return FeaturePoints(name=feature.name, words=kept, points=[0.0] * (len(kept) + 1))


def _boosting(features: list[FeaturePoints]) -> HistGradientBoostingClassifier:
    """Fixed settings, for small effects in noisy outcomes; each tree looks at one feature."""
    return HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.04,
        max_leaf_nodes=6,
        min_samples_leaf=60,
        l2_regularization=5.0,
        interaction_cst="no_interactions",
        categorical_features=[bool(each.words) for each in features],
        early_stopping=False,
        random_state=SEED,
    )


def _points(
    fitted: HistGradientBoostingClassifier, features: list[FeaturePoints], places: NDArray[np.intp]
) -> tuple[float, list[FeaturePoints]]:
    """The average case's log-odds, and the features with their points: what each value adds to it.

    The trees have one feature each, so what a value adds does not depend on the others.
    """
    base = places[:1]
    intercept = level = float(fitted.decision_function(base)[0])
    pointed = []
    for column, feature in enumerate(features):
        tried = np.repeat(base, len(feature.points), axis=0)
        tried[:, column] = np.arange(len(feature.points))
        added = fitted.decision_function(tried) - level
        mean = float(added[places[:, column]].mean())
        pointed.append(feature.model_copy(update={"points": [float(each) for each in added - mean]}))
        intercept += mean
    return intercept, pointed


def _card(
    outcomes: Outcomes, chances: Numbers, features: list[FeaturePoints], places: NDArray[np.intp], now: datetime
) -> Card:
    lapsed = outcomes.lapsed
    average = float(lapsed.mean())
    order = np.argsort(-chances)
    sizes = {
        each.name: round(float(np.abs(np.array(each.points)[places[:, column]]).mean()), 4)
        for column, each in enumerate(features)
    }
    return Card(
        trained_at=now,
        source=outcomes.source,
        data_sha256=_digest(outcomes),
        cases=len(lapsed),
        lapsed=round(average, 4),
        folds=FOLDS,
        auc=round(float(roc_auc_score(lapsed, chances)), 4),
        brier=round(float(brier_score_loss(lapsed, chances)), 4),
        brier_of_average=round(average * (1 - average), 4),
        top_decile_lift=round(float(lapsed[order[: len(order) // 10]].mean()) / average, 2),
        calibration=[
            _band(f"tenth {number} of 10", part, chances, lapsed)
            for number, part in enumerate(np.array_split(order[::-1], 10), 1)
        ],
        by_age=_by_age(outcomes, chances),
        by_region=_by_region(outcomes, chances),
        features=sizes,
    )


def _band(name: str, rows: NDArray[np.intp], chances: Numbers, lapsed: NDArray[np.bool_]) -> Band:
    both = len(rows) >= FEWEST_OF_GROUP and 0 < lapsed[rows].sum() < len(rows)
    return Band(
        name=name,
        cases=len(rows),
        predicted=round(float(chances[rows].mean()), 4),
        lapsed=round(float(lapsed[rows].mean()), 4),
        auc=round(float(roc_auc_score(lapsed[rows], chances[rows])), 4) if both else None,
    )


def _by_age(outcomes: Outcomes, chances: Numbers) -> list[Band]:
    if "age" not in outcomes.table:
        return []
    ages = outcomes.table["age"].astype(np.float64)
    groups = [(name, np.flatnonzero((ages >= low) & (ages < high))) for low, name, high in AGES]
    return [_band(name, rows, chances, outcomes.lapsed) for name, rows in groups if len(rows)]


def _by_region(outcomes: Outcomes, chances: Numbers) -> list[Band]:
    names = sorted({str(name) for name in outcomes.region if name is not None})
    groups = [(name, np.flatnonzero(outcomes.region == name)) for name in names]
    return [_band(name, rows, chances, outcomes.lapsed) for name, rows in groups if len(rows) >= FEWEST_OF_GROUP]


def _digest(outcomes: Outcomes) -> str:
    rows = {name: column.tolist() for name, column in sorted(outcomes.table.items())}
    text = json.dumps([rows, outcomes.lapsed.tolist()], default=str)
    return hashlib.sha256(text.encode()).hexdigest()
