"""What the API of the assistant takes (domain reference, section 27)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from py360.kit.wire import Schema

Words = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
Short = Annotated[str, StringConstraints(max_length=200)]
Price = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=12, decimal_places=4, description="INR for 1,000 tokens")]


class Features(Schema):
    """Which subjects the assistant talks about."""

    renewal_insights: bool = True
    process_optimization: bool = True
    customer_retention: bool = True
    communication_strategies: bool = True
    predictive_analytics: bool = False


Source = Literal["internal_docs", "best_practices", "industry_standards"]


class KnowledgeSettings(Schema):
    """Whether answers come from documents, and from which of them: each says from which source it is."""

    passed_over = frozenset({"lastUpdated"})

    enabled: bool = True
    auto_update: bool = True
    sources: Annotated[
        tuple[Source, ...], Field(min_length=1, max_length=3, description="Answers come from documents of these only")
    ] = ("internal_docs", "best_practices", "industry_standards")
    embedding_model: Annotated[
        str,
        StringConstraints(max_length=100, strip_whitespace=True),
        Field(description="Empty: documents are found by words"),
    ] = ""
    embedding_base_url: Annotated[
        str,
        StringConstraints(max_length=180, strip_whitespace=True),
        Field(
            description="Of a server with /v1/embeddings, without a key; empty: the model's own server, with its key"
        ),
    ] = ""


class OllamaOptions(Schema):
    """What Ollama may be configured with besides (https://github.com/ollama/ollama/blob/main/docs/modelfile.md)."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    top_p: Annotated[float, Field(ge=0, le=1)] = 0.9
    top_k: Annotated[int, Field(ge=1, le=100)] = 40
    repeat_penalty: Annotated[float, Field(ge=0, le=2)] = 1.1
    num_ctx: Annotated[int, Field(ge=256, le=1_000_000)] = 4096
    num_predict: Annotated[int, Field(ge=1, le=100_000)] = 1000
    stop: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=50)]], Field(max_length=8)] = Field(
        default_factory=list
    )


class Ollama(Schema):
    """Settings of a model that runs in the office."""

    keep_alive: Literal["1m", "5m", "15m", "30m", "1h", "-1"] = "5m"
    stream: bool = True
    system_prompt: Annotated[str, StringConstraints(max_length=4_000)] = ""
    options: OllamaOptions = Field(default_factory=OllamaOptions)


class RateLimit(Schema):
    """Questions of one user."""

    per_minute: Annotated[int, Field(ge=1, le=1_000)] = 60
    per_hour: Annotated[int, Field(ge=1, le=10_000)] = 1_000


class AssistantSettings(Schema):
    """The model and its limits. `apiKey` is never shown; a masked one keeps what is stored."""

    provider: Literal["openai", "azure", "anthropic", "google", "ollama"] = "ollama"
    model: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "llama3.2:1b"
    api_key: Annotated[str, StringConstraints(max_length=400)] = ""
    base_url: Annotated[str, StringConstraints(max_length=500)] = ""
    api_version: Annotated[str, StringConstraints(max_length=30)] | None = None
    temperature: Annotated[float, Field(ge=0, le=1)] = 0.7
    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    response_timeout: Annotated[int, Field(ge=1, le=300, description="Seconds, for the whole answer")] = 30
    context_window: Annotated[int, Field(ge=500, le=1_000_000, description="Tokens")] = 4_000
    fallback_enabled: bool = True
    fallback_message: Annotated[str, StringConstraints(max_length=500)] = (
        "The assistant cannot answer at the moment. Please try again later."
    )
    rate_limit: RateLimit = Field(default_factory=RateLimit)
    monthly_budget: (
        Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2, description="INR; null is no limit")] | None
    ) = None
    input_price: Price = Decimal(0)
    output_price: Price = Decimal(0)
    features: Features = Field(default_factory=Features)
    knowledge_base: KnowledgeSettings = Field(default_factory=KnowledgeSettings)
    ollama: Ollama = Field(default_factory=Ollama)


class PastTurn(Schema):
    """A message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: Words


class Page(Schema):
    """Where the user is: the model is notified, nothing more."""

    name: Short = ""
    context: Short = ""
    focus: Short = ""


class Figures(Schema):
    """The figures that the dashboard shows."""

    total_cases: Annotated[int, Field(ge=0, le=10**9)] = 0
    in_progress: Annotated[int, Field(ge=0, le=10**9)] = 0
    renewed: Annotated[int, Field(ge=0, le=10**9)] = 0
    pending_action: Annotated[int, Field(ge=0, le=10**9)] = 0
    collection_rate: Annotated[float, Field(ge=0, le=100)] = 0
    digital_usage: Annotated[float, Field(ge=0, le=100)] = 0
    period: Short = ""


class Question(Schema):
    """A question, with the turns before it: the last eight count."""

    message: Words
    history: Annotated[list[PastTurn], Field(max_length=50)] = Field(default_factory=list)
    page: Page = Field(default_factory=Page)
    dashboard: Figures | None = None


class FiguresIn(Schema):
    """The figures to look at."""

    dashboard: Figures
    filters: Annotated[dict[Short, Short], Field(max_length=20)] = Field(default_factory=dict)


class PageIn(Schema):
    """The page to say something about."""

    page: Page
    dashboard: Figures | None = None


class ReplyOptions(Schema):
    """How a text should read."""

    tone: Literal["professional", "empathetic", "friendly", "formal", "casual"] = "professional"
    style: Literal["concise", "detailed", "formal", "conversational"] = "concise"
    length: Literal["short", "medium", "long"] = "medium"
    personalization: bool = True
    policy_context: bool = True
    language: Short = ""


class RenewalContext(Schema):
    """The renewal that a mail is about."""

    customer_name: Short = ""
    policy_number: Short = ""
    renewal_date: Short = ""
    agent_name: Short = ""


class EmailIn(Schema):
    """A mail that was received, and how an answer should read."""

    subject: Annotated[str, StringConstraints(max_length=500)] = ""
    body: Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
    priority: Literal["high", "normal", "medium", "low"] = "normal"
    context: RenewalContext = Field(default_factory=RenewalContext)
    options: ReplyOptions = Field(default_factory=ReplyOptions)


class EnhanceIn(Schema):
    """A draft to put in better words."""

    subject: Annotated[str, StringConstraints(max_length=300)] = ""
    body: Annotated[str, StringConstraints(min_length=1, max_length=3_000)]
    options: ReplyOptions = Field(default_factory=ReplyOptions)


class SubjectsIn(Schema):
    """What the subject lines are for."""

    topic: Annotated[str, StringConstraints(min_length=3, max_length=500)]
    options: ReplyOptions = Field(default_factory=ReplyOptions)


class CampaignFigures(Schema):
    """What came of an e-mail campaign."""

    name: Short = ""
    sent: Annotated[int, Field(ge=0, le=10**9)]
    delivered: Annotated[int, Field(ge=0, le=10**9)] = 0
    opened: Annotated[int, Field(ge=0, le=10**9)] = 0
    clicked: Annotated[int, Field(ge=0, le=10**9)] = 0
    unsubscribed: Annotated[int, Field(ge=0, le=10**9)] = 0
    converted: Annotated[int, Field(ge=0, le=10**9)] = 0


class NewKey(Schema):
    """A key for an assistant outside. It may read what its maker may, within its scopes."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    scopes: Annotated[list[Literal["cases", "dashboard", "knowledge"]], Field(min_length=1, max_length=3)]
    expires_in_days: Annotated[int, Field(ge=1, le=365)] = 90
