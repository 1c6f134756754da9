"""The linear model: weights as plain arrays (npz without pickles), scored with numpy. Trained by `classify.train`."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from py360.modules.inbox.classify.features import SIZE, Places
from py360.modules.inbox.classify.result import CATEGORIES, INTENTS, SENTIMENTS, Scored

FILE: Final = Path(__file__).parent / "model.npz"
HEADS: Final[Mapping[str, Sequence[str]]] = {"intent": INTENTS, "category": CATEGORIES, "sentiment": SENTIMENTS}
Weights = npt.NDArray[np.float32]


class ModelUnusable(ValueError):
    """The file of weights is not one of this version's."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights per head: one row per place, one column per label; and the bias of each label."""

    weights: Mapping[str, Weights] = field(repr=False)
    biases: Mapping[str, Weights] = field(repr=False)

    def scores(self, head: str, places: Places) -> Weights:
        """The score of each label."""
        scale = np.float32(1.0 / np.sqrt(max(1, len(places))))
        found: Weights = self.weights[head][places].sum(axis=0) * scale + self.biases[head]
        return found

    def ranked(self, head: str, scores: Weights) -> list[Scored]:
        """The labels by their confidence (softmax), the surest first."""
        raised = np.exp(scores - scores.max())
        shares = raised / raised.sum()
        order = np.argsort(-shares)
        return [Scored(HEADS[head][place], float(shares[place])) for place in order]


def load(file: Path = FILE) -> Model:
    """Read weights. Raises ModelUnusable for a file that is damaged, holds objects, or has other labels or sizes."""
    try:
        with np.load(file, allow_pickle=False) as held:
            weights, biases = {}, {}
            for head, labels in HEADS.items():
                if tuple(str(each) for each in held[f"{head}_labels"]) != tuple(labels):
                    raise ModelUnusable(f"{file.name} has other labels for {head}")
                scale = held[f"{head}_scale"].astype(np.float32)
                weights[head] = held[f"{head}_weights"].astype(np.float32) * scale
                biases[head] = held[f"{head}_bias"].astype(np.float32)
                if weights[head].shape != (SIZE, len(labels)) or biases[head].shape != (len(labels),):
                    raise ModelUnusable(f"{file.name} has another size for {head}")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, ModelUnusable):
            raise
        raise ModelUnusable(f"{file.name} cannot be read: {error}") from error
    return Model(weights, biases)


@cache
def shipped() -> Model:
    """The model that comes with this version."""
    return load()
