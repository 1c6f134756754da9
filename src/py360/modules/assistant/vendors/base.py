"""What the assistant asks of a language model, whoever serves it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

Role = Literal["system", "user", "assistant", "tool"]
Kind = Literal["away", "refused", "busy", "late", "nonsense", "budget"]
Provider = Literal["openai", "azure", "anthropic", "google", "ollama"]
ADDRESSES: Final[Mapping[str, str]] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "google": "https://generativelanguage.googleapis.com/v1beta/openai",
    "ollama": "http://127.0.0.1:11434/v1",
}
AZURE_VERSION: Final = "2024-10-21"
SENTENCES: Final[Mapping[Kind, str]] = {
    "away": "The language model cannot be reached. Check its address, and whether it runs.",
    "refused": "The language model refused the request: check the key, the model's name and your plan there.",
    "busy": "The language model takes no more requests at the moment.",
    "late": "The language model did not answer in time. Raise the time-out, or choose a faster model.",
    "nonsense": "The language model answered something that cannot be read.",
    "budget": "This month's budget for the language model is used up.",
}


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What a call needs; `timeout` in seconds, for the whole answer."""

    provider: Provider
    model: str
    api_key: str
    base_url: str
    temperature: float
    max_tokens: int
    timeout: float
    api_version: str = AZURE_VERSION
    extra: Mapping[str, object] | None = None  # Ollama's keep_alive and options


class ModelError(Exception):
    """A call that brought no answer. `detail` is the vendor's own words, for the log."""

    def __init__(self, kind: Kind, detail: str = "") -> None:
        super().__init__(SENTENCES[kind])
        self.kind = kind
        self.detail = detail[:500]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants used; `arguments` is JSON as it wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation. `answers` is the call that a tool's turn answers."""

    role: Role
    content: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model is notified of it: each parameter is a text with a description."""

    name: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def schema_of(spec: ToolSpec) -> dict[str, object]:
    """A tool's parameters as JSON Schema."""
    properties = {name: {"type": "string", "description": text} for name, text in spec.parameters.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


@dataclass(frozen=True, slots=True)
class Delta:
    """What arrived: a piece of text, or, at the end, the tools to use and the tokens that were spent."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Embedded:
    """Texts as vectors, in their order, and the tokens that were spent."""

    vectors: list[list[float]]
    input_tokens: int = 0


class LanguageModel(Protocol):
    """A model at a vendor. Stateless; raises ModelError."""

    def stream(self, turns: Sequence[Turn], tools: Sequence[ToolSpec]) -> AsyncIterator[Delta]:
        """The answer to a conversation, piece by piece."""
        ...

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The texts as vectors, by the settings' model."""
        ...

    async def models(self) -> list[str]:
        """The names of the models that the vendor offers."""
        ...
