"""The model card: what a model was trained on, how well it predicts, and for whom (Mitchell et al.: Model Cards for Model Reporting, 2019)."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from py360.kit.wire import Schema

Share = Annotated[float, Field(ge=0, le=1)]


class Band(Schema):
    """One band of predictions, or one group of customers: what was predicted, and what came."""

    name: str
    cases: Annotated[int, Field(ge=0)]
    predicted: Share
    lapsed: Share
    auc: Share | None = None  # null where a group has too few of either outcome


class Card(Schema):
    """All figures are cross-validated: each case is judged by models that have not seen it."""

    trained_at: datetime
    source: str
    data_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    cases: Annotated[int, Field(ge=1)]
    lapsed: Share
    folds: int
    auc: Share
    brier: Share
    brier_of_average: Share  # what predicting the average for everybody would give
    top_decile_lift: Annotated[float, Field(ge=0)]  # lapses among the tenth most at risk, against the average
    calibration: list[Band]
    by_age: list[Band]
    by_region: list[Band]
    features: dict[str, float]  # the average size of what each adds, in log-odds
