"""What a classification says."""

from dataclasses import dataclass, field
from typing import Final, Literal

Category = Literal["complaint", "feedback", "refund", "appointment", "uncategorized"]
Sentiment = Literal["positive", "neutral", "negative"]
Urgency = Literal["low", "medium", "high"]
Language = Literal["en", "hi", "hinglish"]
CATEGORIES: Final[tuple[Category, ...]] = ("complaint", "feedback", "refund", "appointment", "uncategorized")
# Domain reference, section 17.
INTENTS: Final = (
    "renewal_request", "quote_delivery", "satisfaction_feedback", "coverage_inquiry", "payment_reminder", "renewal_approval",
    "claim_impact_inquiry", "renewal_confirmation", "cancellation_request", "multi_policy_renewal", "apology_update",
    "price_objection", "general_inquiry",
)  # fmt: skip
SENTIMENTS: Final = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class Scored:
    """A label and how sure it is, 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Classification:
    """What a mail wants, how its writer feels and how urgent it is. Confidences are from 0 to 1, the score from -1 to 1."""

    category: Category
    category_confidence: float
    intent: str
    intent_confidence: float
    subcategories: tuple[Scored, ...]
    sentiment: Sentiment
    score: float
    sentiment_confidence: float
    emotions: tuple[Scored, ...]
    urgency: Urgency
    language: Language
    source: Literal["rules", "model"]
    key_points: tuple[str, ...] = field(default=())
