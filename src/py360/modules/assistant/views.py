"""What the API answers of the assistant."""

from datetime import datetime
from typing import Any, NotRequired

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination


class DocumentView(TypedDict):
    """A document of the knowledge base; `problem` says why one could not be read."""

    id: int
    name: str
    source: str
    fileSize: int
    status: str
    pages: int
    problem: str | None
    createdAt: datetime
    refreshedAt: datetime | None


class DocumentList(TypedDict):
    """A page of the knowledge base."""

    documents: list[DocumentView]
    pagination: Pagination


class DocumentSaved(TypedDict):
    """A document that was added or deleted."""

    id: int
    message: str


class CitationView(TypedDict):
    """Where an answer comes from."""

    documentId: int
    name: str
    page: int


class PassageView(CitationView):
    """A passage that fits a question."""

    text: str


class PassageList(TypedDict):
    """What the knowledge base says about a question."""

    passages: list[PassageView]


class RefreshView(TypedDict):
    """How many documents are read again."""

    documents: int
    message: str


class SummaryView(TypedDict):
    """A document in short; `source`: model or rules."""

    points: list[str]
    source: str


class UsageView(TypedDict):
    """What the model was used for this month; the cost in INR."""

    calls: int
    inputTokens: int
    outputTokens: int
    cost: float
    monthlyBudget: float | None


class StatusView(TypedDict):
    """Whether a model answers, or the rules do."""

    configured: bool
    provider: str
    model: str
    source: str
    documents: int
    search: str
    usage: UsageView
    message: str


class SettingsView(TypedDict):
    """The settings, the key masked."""

    configured: bool
    provider: str
    model: str
    apiKey: str
    baseUrl: str
    apiVersion: str | None
    temperature: float
    maxTokens: int
    responseTimeout: int
    contextWindow: int
    fallbackEnabled: bool
    fallbackMessage: str
    rateLimit: dict[str, int]
    monthlyBudget: str | None
    inputPrice: str
    outputPrice: str
    features: dict[str, bool]
    knowledgeBase: dict[str, Any]
    ollama: dict[str, Any]
    message: NotRequired[str]


class ConnectionView(TypedDict):
    """Whether the model answered, and how fast."""

    connected: bool
    milliseconds: int
    message: str


class ModelList(TypedDict):
    """The models that the vendor offers."""

    models: list[str]


class Section(TypedDict):
    """One part of an analysis."""

    title: str
    points: list[str]


class AnalysisView(TypedDict):
    """An analysis in sections; `source`: model or rules."""

    sections: list[Section]
    text: str
    source: str


class EmailAnalysis(TypedDict):
    """What a mail wants and how its writer feels; confidence from 0 to 1."""

    sentiment: str
    confidence: float
    intent: str
    urgency: str
    keyPoints: list[str]
    suggestedTone: str
    language: str
    contextualInfo: dict[str, str]
    source: str


class ReplyView(TypedDict):
    """A draft of an answer."""

    id: str
    type: str
    subject: str
    body: str
    tone: str
    urgency: str
    isQuick: bool
    aiEnhanced: bool


class ReplyList(TypedDict):
    """Drafts of an answer."""

    replies: list[ReplyView]
    source: str


class EnhancedView(TypedDict):
    """A draft in better words."""

    subject: str
    body: str
    source: str


class SubjectList(TypedDict):
    """Subject lines to choose from."""

    subjects: list[str]
    source: str


class KeyView(TypedDict):
    """An API key; `hint` is how it begins."""

    id: int
    name: str
    hint: str
    scopes: list[str]
    userName: str
    status: str
    createdAt: datetime
    expiresAt: datetime
    lastUsedAt: datetime | None


class KeyList(TypedDict):
    """A page of keys."""

    keys: list[KeyView]
    pagination: Pagination


class KeyMade(TypedDict):
    """A new key, shown this once."""

    id: int
    key: str
    expiresAt: datetime
    message: str


class KeyRevoked(TypedDict):
    """A key that no longer opens anything."""

    id: int
    message: str
