"""The model: points per feature and value, added up, and turned into the chance that the case lapses.

It is an additive model: gradient boosting of which each tree looks at one feature, so that what it learned is a table of
points per feature. The points are the log-odds that a value adds to the average case, so the reasons of a prediction are
exact, and the model is JSON that cannot run code (Lou, Caruana, Gehrke: Intelligible Models for Classification and
Regression, KDD 2012).
"""

from typing import Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from py360.kit.errors import Invalid
from py360.kit.wire import Schema
from py360.modules.recommendations.propensity.card import Card
from py360.modules.recommendations.propensity.features import BY_NAME, Column, Table

SCHEMA: Final = 1  # changes when a feature changes its meaning
REASONS: Final = 3
Points = Annotated[float, Field(ge=-20, le=20)]


class FeaturePoints(Schema):
    """The points of one feature. A number falls between two `edges`; `points[0]` is for a value that is not known."""

    name: str
    edges: Annotated[tuple[Annotated[float, Field(allow_inf_nan=False)], ...], Field(max_length=64)] = ()
    words: Annotated[tuple[str, ...], Field(max_length=64)] = ()
    points: Annotated[list[Points], Field(min_length=1, max_length=66)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        feature = BY_NAME.get(self.name)
        if feature is None:
            raise ValueError(f"there is no feature {self.name}")
        needed = len(self.edges) + 2 if feature.kind == "number" else len(self.words) + 1
        if (
            len(self.points) != needed
            or self.edges != tuple(sorted(set(self.edges)))
            or len(set(self.words)) < len(self.words)
        ):
            raise ValueError(f"the points of {self.name} do not fit its values")
        return self

    def places(self, column: Column) -> NDArray[np.intp]:
        """Which of the points each value gets."""
        if BY_NAME[self.name].kind == "number":
            numbers = column.astype(np.float64)
            found = np.searchsorted(np.array(self.edges), numbers, side="right") + 1
            return np.where(np.isnan(numbers), 0, found)
        place = {word: number for number, word in enumerate(self.words, 1)}
        return np.fromiter((place.get(word, 0) for word in column), dtype=np.intp, count=len(column))


class Model(Schema):
    """A trained model with its card; amounts in log-odds of lapsing."""

    schema_version: Literal[1] = SCHEMA
    intercept: Points
    slope: Annotated[float, Field(gt=0, le=10)]
    offset: Points
    features: Annotated[list[FeaturePoints], Field(min_length=1, max_length=len(BY_NAME))]
    card: Card

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.name for each in self.features}) < len(self.features):
            raise ValueError("a feature has points twice")
        return self

    def contributions(self, table: Table) -> NDArray[np.float64]:
        """The points that each feature (columns) adds to each case (rows)."""
        return np.column_stack([np.array(each.points)[each.places(table[each.name])] for each in self.features])

    def chances(self, contributions: NDArray[np.float64]) -> NDArray[np.float64]:
        """The chance, 0 to 1, that each case lapses."""
        odds = self.slope * (self.intercept + contributions.sum(axis=1)) + self.offset
        chances: NDArray[np.float64] = 1 / (1 + np.exp(-odds))
        return chances

    def reasons(self, contributions: NDArray[np.float64]) -> list[list[str]]:
        """The features that matter most for each case, as codes: `+premium_change` raises the chance, `-age` lowers it."""
        most = np.argsort(-np.abs(contributions), axis=1)[:, :REASONS]
        names = np.array([each.name for each in self.features], dtype=object)
        signs = np.where(np.take_along_axis(contributions, most, axis=1) >= 0, "+", "-").astype(object)
        codes: list[list[str]] = (signs + names[most]).tolist()
        return codes


def load(stored: object) -> Model:
    """The model of its JSON; raises Invalid when this version of Py360 cannot use it."""
    try:
        return Model.model_validate(stored)
    except ValidationError as error:
        what = error.errors()[0]
        raise Invalid(
            f"This model cannot be used: {'.'.join(map(str, what['loc']))}: {what['msg']}. Train it again: py360 model train",
            code="model_refused",
        ) from error
