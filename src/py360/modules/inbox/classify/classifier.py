"""Lexicon and model together: what a mail wants and how its writer feels, in well under 5 ms, without a network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal, cast

import numpy as np

from py360.modules.inbox.classify import rules
from py360.modules.inbox.classify.features import Places, places_of, words_of
from py360.modules.inbox.classify.model import HEADS, Model, Weights
from py360.modules.inbox.classify.result import Category, Classification, Scored, Sentiment

SURE: Final = 0.5  # below it the intent is general_inquiry and the category uncategorized
WORD_WEIGHT: Final = 1.6  # what a category's own word adds to its score
_VALUES: Final = np.array([-1.0, 0.0, 1.0], dtype=np.float32)  # of the sentiments, in the model's order
_POINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "urgent": ("urgent", "asap", "immediately", "turant", "jaldi", "तुरंत", "जल्दी"),
    "renewal": ("renewal", "renew", "नवीनीकरण", "रिन्यू"),
    "payment": ("premium", "payment", "cost", "paise", "paisa", "प्रीमियम", "भुगतान"),
    "documents": ("document", "documents", "paperwork", "form", "दस्तावेज़", "दस्तावेज"),
    "deadline": ("deadline", "expires", "expiry", "due date", "last date"),
    "appreciation": ("thank", "thanks", "appreciate", "dhanyavaad", "shukriya", "धन्यवाद"),
    "problem": ("problem", "issue", "trouble", "error", "dikkat", "samasya", "समस्या", "दिक्कत"),
    "cancellation": ("cancel", "discontinue", "band", "रद्द", "बंद"),
    "claim": ("claim", "accident", "damage", "क्लेम", "दावा"),
}


@dataclass(frozen=True, slots=True)
class Adapted:
    """What corrections add to the model's weights, by head and place."""

    weights: Mapping[str, Mapping[int, Weights]] = field(default_factory=dict, repr=False)

    def scores(self, head: str, places: Places) -> Weights | None:
        """What they add to the labels' scores."""
        known = self.weights.get(head)
        if not known:
            return None
        scale = np.float32(1.0 / np.sqrt(max(1, len(places))))
        total = np.zeros(len(HEADS[head]), dtype=np.float32)
        for place in places.tolist():
            if (row := known.get(place)) is not None:
                total += row
        return total * scale


@dataclass(frozen=True, slots=True)
class Classifier:
    """The shipped model with what a client's people corrected."""

    model: Model
    adapted: Adapted = field(default_factory=Adapted)

    def classify(self, subject: str, text: str) -> Classification:
        """Classify a mail by its subject and what its writer wrote above any quoted mail."""
        places = places_of(subject, text)
        words = [*words_of(subject), *words_of(text)]
        lexical = rules.read(words, f"{subject} {text}")
        category, category_from = self._category(places, lexical)
        intents = self.model.ranked("intent", self._scores("intent", places))
        intent = intents[0] if intents[0].confidence >= SURE else Scored("general_inquiry", intents[0].confidence)
        sentiment, score, sure = self._sentiment(places, lexical)
        return Classification(
            category=cast(Category, category.name),
            category_confidence=category.confidence,
            intent=intent.name,
            intent_confidence=intent.confidence,
            subcategories=tuple(intents[:3]),
            sentiment=sentiment,
            score=score,
            sentiment_confidence=sure,
            emotions=lexical.emotions,
            urgency=lexical.urgency,
            language=lexical.language,
            source=category_from,
            key_points=_key_points(words),
        )

    def _scores(self, head: str, places: Places) -> Weights:
        scores = self.model.scores(head, places)
        added = self.adapted.scores(head, places)
        return scores if added is None else scores + added

    def _category(self, places: Places, lexical: rules.Lexical) -> tuple[Scored, Literal["rules", "model"]]:
        scores = self._scores("category", places)
        for name in lexical.categories:
            scores[HEADS["category"].index(name)] += WORD_WEIGHT
        best = self.model.ranked("category", scores)[0]
        if best.confidence < SURE:
            best = Scored("uncategorized", best.confidence)
        return best, "rules" if best.name in lexical.categories else "model"

    def _sentiment(self, places: Places, lexical: rules.Lexical) -> tuple[Sentiment, float, float]:
        """The label, the score and how sure both are: the model's share and the lexicon's, by how much the lexicon found."""
        ranked = self.model.ranked("sentiment", self._scores("sentiment", places))
        shares = {each.name: each.confidence for each in ranked}
        modelled = shares["positive"] - shares["negative"]
        trust = min(0.75, lexical.strength / 6)
        score = max(-1.0, min(1.0, trust * lexical.score + (1 - trust) * modelled))
        label: Sentiment = "negative" if score <= -0.25 else "positive" if score >= 0.25 else "neutral"
        agreement = 1 - abs(lexical.score - modelled) / 2 if lexical.strength else ranked[0].confidence
        return label, score, max(0.34, min(0.99, 0.5 * ranked[0].confidence + 0.5 * agreement))


def _key_points(words: list[str]) -> tuple[str, ...]:
    present = set(words) | {f"{first} {second}" for first, second in pairwise(words)}
    found = [name for name, marks in _POINTS.items() if not present.isdisjoint(marks)]
    return tuple(found[:5]) or ("general inquiry",)
