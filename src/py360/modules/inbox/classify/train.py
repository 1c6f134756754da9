"""Trains the model that is shipped: `python -m py360.modules.inbox.classify.train` writes model.npz beside this file.

The data is made (`generate.py`), the seed fixed, so that the same versions of the libraries give the same weights. scikit-learn is
needed here only; scoring is numpy's.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from py360.modules.inbox.classify.features import SIZE, places_of
from py360.modules.inbox.classify.generate import Example, examples
from py360.modules.inbox.classify.model import FILE, HEADS

TRAINED_ON: Final = 9_000  # mails
STRENGTH: Final = 4.0  # inverse of the regularisation
LEVELS: Final = 127  # weights are kept in one byte


def label_of(example: Example, head: str) -> str:
    """What an example is, for one head."""
    return {"intent": example.intent, "category": example.category, "sentiment": example.sentiment}[head]


def matrix_of(mails: Sequence[Example]) -> csr_matrix:
    """The features of mails: one row each, of length 1."""
    rows = [places_of(each.subject, each.text) for each in mails]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    values = np.concatenate([np.full(len(row), 1.0 / np.sqrt(max(1, len(row)))) for row in rows])
    return csr_matrix((values, np.concatenate(rows), ends), shape=(len(rows), SIZE))


def train(mails: Sequence[Example]) -> Mapping[str, np.ndarray]:
    """The arrays of the model's file."""
    features = matrix_of(mails)
    arrays: dict[str, np.ndarray] = {}
    for head, labels in HEADS.items():
        fitted = LogisticRegression(C=STRENGTH, max_iter=300, random_state=0)
        fitted.fit(features, [labels.index(label_of(each, head)) for each in mails])
        scale = float(np.abs(fitted.coef_).max()) / LEVELS
        arrays[f"{head}_weights"] = np.rint(fitted.coef_.T / scale).astype(np.int8)
        arrays[f"{head}_scale"] = np.array(scale, dtype=np.float32)
        arrays[f"{head}_bias"] = fitted.intercept_.astype(np.float32)
        arrays[f"{head}_labels"] = np.array(labels)
    return arrays


def main(file: Path = FILE) -> None:
    """Train and write."""
    np.savez_compressed(file, **train(list(examples(TRAINED_ON, held_out=False))))  # type: ignore[arg-type]  # numpy's stub takes no mapping
    sys.stdout.write(f"{file} has {file.stat().st_size:,} bytes.\n")


if __name__ == "__main__":
    main()
