"""The settings of the assistant: one row per client, the key sealed. Accounts of models are here, as the specification has them (ADR 108)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db, egress
from py360.kit.clock import version_of
from py360.kit.errors import Invalid, PreconditionFailed
from py360.kit.jobs import defer
from py360.modules.assistant.schemas import AssistantSettings
from py360.modules.assistant.vendors.base import ADDRESSES, AZURE_VERSION, LanguageModel, ModelSettings

MASK: Final = "********"
_READ: Final = """
select provider, model, coalesce(api_key_encrypted, '') as sealed_key, coalesce(base_url, '') as base_url, api_version,
  temperature::float8, max_tokens, response_timeout, context_window, fallback_enabled,
  coalesce(fallback_message, '') as fallback_message, rate_limit_per_minute, rate_limit_per_hour, monthly_budget,
  input_price, output_price, features, knowledge_base, ollama, updated_at
from ai_settings where client_id = %(client)s
"""
_WRITE: Final = """
insert into ai_settings (client_id, provider, model, api_key_encrypted, base_url, api_version, temperature, max_tokens,
  response_timeout, context_window, fallback_enabled, fallback_message, rate_limit_per_minute, rate_limit_per_hour,
  monthly_budget, input_price, output_price, features, knowledge_base, ollama)
values (%(client)s, %(provider)s, %(model)s, %(key)s, %(base_url)s, %(api_version)s, %(temperature)s, %(max_tokens)s,
  %(response_timeout)s, %(context_window)s, %(fallback_enabled)s, %(fallback_message)s, %(per_minute)s, %(per_hour)s,
  %(monthly_budget)s, %(input_price)s, %(output_price)s, %(features)s, %(knowledge_base)s, %(ollama)s)
on conflict (client_id) do update set
  provider = excluded.provider, model = excluded.model, api_key_encrypted = excluded.api_key_encrypted,
  base_url = excluded.base_url, api_version = excluded.api_version, temperature = excluded.temperature,
  max_tokens = excluded.max_tokens, response_timeout = excluded.response_timeout, context_window = excluded.context_window,
  fallback_enabled = excluded.fallback_enabled, fallback_message = excluded.fallback_message,
  rate_limit_per_minute = excluded.rate_limit_per_minute, rate_limit_per_hour = excluded.rate_limit_per_hour,
  monthly_budget = excluded.monthly_budget, input_price = excluded.input_price, output_price = excluded.output_price,
  features = excluded.features, knowledge_base = excluded.knowledge_base, ollama = excluded.ollama, updated_at = now()
"""
# Settings that are columns under their own names.
_COLUMNS: Final = (
    "provider", "model", "base_url", "api_version", "temperature", "max_tokens", "response_timeout", "context_window",
    "fallback_enabled", "fallback_message", "monthly_budget", "input_price", "output_price",
)  # fmt: skip
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Row:
    provider: str
    model: str
    sealed_key: str
    base_url: str
    api_version: str | None
    temperature: float
    max_tokens: int
    response_timeout: int
    context_window: int
    fallback_enabled: bool
    fallback_message: str
    rate_limit_per_minute: int
    rate_limit_per_hour: int
    monthly_budget: Decimal | None
    input_price: Decimal
    output_price: Decimal
    features: Json
    knowledge_base: Json | None
    ollama: Json | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """A client's settings; `sealed_key` is empty when none was given; `configured` once somebody has chosen a model."""

    values: AssistantSettings
    sealed_key: str = ""
    configured: bool = False
    version: int = 0

    def model(self) -> LanguageModel:
        """The model of these settings."""
        chosen = self.values
        ollama = chosen.ollama.model_dump(mode="json")
        extra = (
            {"keep_alive": ollama["keep_alive"], "options": ollama["options"]} if chosen.provider == "ollama" else None
        )
        return _model(
            ModelSettings(
                provider=chosen.provider,
                model=chosen.model,
                api_key=crypto.unseal(self.sealed_key) if self.sealed_key else "",
                base_url=chosen.base_url or ADDRESSES.get(chosen.provider, ""),
                temperature=chosen.temperature,
                max_tokens=chosen.max_tokens,
                timeout=chosen.response_timeout,
                api_version=chosen.api_version or AZURE_VERSION,
                extra=extra,
            )
        )

    def is_same_address(self, other: AssistantSettings) -> bool:
        """Whether other settings ask the same server."""
        return (other.provider, other.base_url) == (self.values.provider, self.values.base_url)

    @property
    def embedding_address(self) -> str:
        """Where embeddings come from."""
        return (
            self.values.knowledge_base.embedding_base_url
            or self.values.base_url
            or ADDRESSES.get(self.values.provider, "")
        )

    def embedder(self) -> LanguageModel:
        """The embedding model of these settings; at an address of its own it gets no key."""
        chosen = self.values
        own = bool(chosen.knowledge_base.embedding_base_url)
        return _model(
            ModelSettings(
                provider="openai" if own else chosen.provider,
                model=chosen.knowledge_base.embedding_model,
                api_key=crypto.unseal(self.sealed_key) if self.sealed_key and not own else "",
                base_url=self.embedding_address,
                temperature=0,
                max_tokens=1,
                timeout=chosen.response_timeout,
                api_version=chosen.api_version or AZURE_VERSION,
            )
        )

    def to_public(self) -> Json:
        """The settings as the API answers them, the key masked."""
        values: Json = self.values.model_dump(mode="json", by_alias=True)
        return values | {"apiKey": MASK if self.sealed_key else "", "configured": self.configured}


async def read(source: db.Source, client_id: int) -> Stored:
    """A client's settings; the defaults while nobody has chosen a model."""
    row = await db.fetch_one(source, _Row, _READ, {"client": client_id})
    if row is None:
        return Stored(AssistantSettings())
    values = AssistantSettings.model_validate(
        {
            **{name: getattr(row, name) for name in _COLUMNS},
            "rate_limit": {"per_minute": row.rate_limit_per_minute, "per_hour": row.rate_limit_per_hour},
            "features": row.features,
            "knowledge_base": row.knowledge_base or {},
            "ollama": row.ollama or {},
        }
    )
    return Stored(values, row.sealed_key, configured=True, version=version_of(row.updated_at))


def _over(held: Json, given: Json) -> Json:
    """What is given over what is held, part by part."""
    made = held | given
    for name, value in given.items():
        under = held.get(name)
        if isinstance(value, dict) and isinstance(under, dict):
            made[name] = _over(under, value)
    return made


async def write(session: AsyncSession, client_id: int, body: AssistantSettings, seen: int | None) -> Stored:
    """Store settings; what is left out stays as it is. A masked or missing key keeps the stored one, but only for the address
    that it was entered for.

    Raises Invalid when a key or an address is missing, or the address leads inside the operator's network, and
    PreconditionFailed when `seen` is no longer their version.
    """
    before = await read(session, client_id)
    if seen not in (None, before.version):
        raise PreconditionFailed
    new = AssistantSettings.model_validate(_over(before.values.model_dump(), body.model_dump(exclude_unset=True)))
    if "api_key" not in body.model_fields_set and before.sealed_key and before.is_same_address(new):
        new = new.model_copy(update={"api_key": MASK})
    sealed = await _sealed_key(before, new)
    await db.execute(
        session,
        _WRITE,
        {
            **new.model_dump(include=set(_COLUMNS)),
            "client": client_id,
            "key": sealed or None,
            "per_minute": new.rate_limit.per_minute,
            "per_hour": new.rate_limit.per_hour,
            "features": Jsonb(new.features.model_dump()),
            "knowledge_base": Jsonb(new.knowledge_base.model_dump()),
            "ollama": Jsonb(new.ollama.model_dump()),
        },
    )
    written = await read(session, client_id)
    embedded_by = (written.values.knowledge_base.embedding_model, written.embedding_address)
    if embedded_by != (before.values.knowledge_base.embedding_model, before.embedding_address):
        await defer(session, "assistant.embed_documents", client_id=client_id)
    return written


async def _sealed_key(before: Stored, new: AssistantSettings) -> str:
    """The key of new settings, sealed; empty where none is needed. Raises Invalid, as `write` says."""
    if new.base_url and (refused := await _refusal(new.base_url)):
        raise _field("baseUrl", refused)
    embedding_url = new.knowledge_base.embedding_base_url
    if embedding_url and (refused := await _refusal(embedding_url)):
        raise _field("knowledgeBase.embeddingBaseUrl", refused)
    if new.provider == "azure" and not new.base_url:
        raise _field("baseUrl", "Azure needs the address of your resource, such as https://office.openai.azure.com")
    kept = new.api_key == MASK
    if kept and not before.is_same_address(new):
        raise _field("apiKey", "The provider or its address changed: enter the key again.")
    sealed = before.sealed_key if kept else crypto.seal(new.api_key) if new.api_key else ""
    if new.provider != "ollama" and not sealed:
        raise _field("apiKey", f"{new.provider} needs an API key.")
    return sealed


async def _refusal(address: str) -> str | None:
    try:
        return await egress.refusal_of(address)
    except ValueError as error:
        return f"The address {error}."


def _field(name: str, message: str) -> Invalid:
    return Invalid(message, code="settings_incomplete", details=[{"field": name, "message": message}])


def _model(settings: ModelSettings) -> LanguageModel:
    from py360.modules.assistant.vendors.openai import OpenAI  # takes half a second to load, and many have no model

    return OpenAI(settings)
