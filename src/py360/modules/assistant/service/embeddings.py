"""Passages found by meaning: embeddings of an OpenAI-compatible server (`/v1/embeddings`), kept by pgvector.

A local model is what this is for: documents leave the office with any other.
https://platform.openai.com/docs/api-reference/embeddings · https://github.com/pgvector/pgvector
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
import structlog

from py360.kit import db, resources, sql
from py360.kit.reads import Reads
from py360.modules.assistant.service import calls
from py360.modules.assistant.service.passages import Passage
from py360.modules.assistant.service.settings import Stored
from py360.modules.assistant.vendors.base import ModelError

log = structlog.get_logger()
BATCH: Final = 64  # passages in one call
FLOOR: Final = 0.3  # cosine: below, a passage has nothing to do with a question
_CACHE_SECONDS: Final = 3_600
_NEAR: Final = sql.read(__file__, "near_passages")
_HAS_VECTORS: Final = "select to_regclass('knowledge_embeddings') is not null"
_MISSING: Final = """
select p.id, p.text from knowledge_passages p
left join knowledge_embeddings e on e.passage_id = p.id and e.model = %(model)s
where p.document_id = %(document)s and e.passage_id is null order by p.id limit %(most)s
"""
_KEEP: Final = """
insert into knowledge_embeddings (passage_id, client_id, model, embedding)
select p.id, p.client_id, %(model)s, t.embedding::vector
from unnest(%(ids)s::bigint[], %(vectors)s::text[]) as t (id, embedding) join knowledge_passages p on p.id = t.id
on conflict (passage_id) do update set model = excluded.model, embedding = excluded.embedding
"""


@dataclass(frozen=True, slots=True)
class _Text:
    id: int
    text: str


async def is_possible(source: db.Source) -> bool:
    """Whether the database has pgvector."""
    return await db.fetch_only(source, bool, _HAS_VECTORS)


def name_of(stored: Stored) -> str:
    """What embeddings of these settings are known by; empty when none are wanted."""
    wanted = stored.values.knowledge_base
    return f"{wanted.embedding_model} {stored.embedding_address}" if wanted.embedding_model else ""


async def in_words(reads: Reads, stored: Stored) -> str:
    """Whether documents are found by meaning, and why not."""
    if not name_of(stored):
        return "Documents are found by their words; no embedding model is set."
    if not await is_possible(reads):
        return (
            "Documents are found by their words: this database has no pgvector extension, so embeddings cannot be kept."
        )
    return f"Documents are found by their words and by meaning ({stored.values.knowledge_base.embedding_model})."


async def near(
    reads: Reads, payer: calls.Payer, stored: Stored, clients: Sequence[int], question: str, limit: int
) -> list[Passage]:
    """The passages nearest to a question; none where embeddings are not set up, not possible, or their model gives no answer."""
    model = name_of(stored)
    if not model or not await is_possible(reads):
        return []
    vector = await _vector_of(reads, payer, stored, question)
    if vector is None:
        return []
    sources = list(stored.values.knowledge_base.sources)
    params = {
        "vector": vector, "clients": list(clients), "sources": sources, "model": model, "least": FLOOR, "limit": limit,
    }  # fmt: skip
    return await reads.fetch_all(Passage, _NEAR, params)


async def _vector_of(reads: Reads, payer: calls.Payer, stored: Stored, question: str) -> str | None:
    cache = resources.current().cache
    key = "assistant-vector:" + hashlib.sha256(f"{name_of(stored)}\n{question}".encode()).hexdigest()
    if kept := await cache.get(key):
        return kept.decode() if isinstance(kept, bytes) else str(kept)
    if not await calls.has_budget(reads, stored, payer.client_id):
        return None
    try:
        (vector,) = await calls.embed(payer, stored, [question])
    except ModelError as error:
        log.warning("the embedding model gave no answer", kind=error.kind, detail=error.detail)
        return None
    text = orjson.dumps(vector).decode()
    await cache.set(key, text, ex=_CACHE_SECONDS)
    return text


async def embed_document(client_id: int, document_id: int, stored: Stored) -> None:
    """Embed the passages of a document that are not yet; batch by batch, each kept in a transaction of its own. Raises ModelError."""
    model = name_of(stored)
    async with db.unit_of_work() as session:
        if not model or not await is_possible(session):
            return
    while True:
        async with db.unit_of_work() as session:
            params = {"model": model, "document": document_id, "most": BATCH}
            texts = await db.fetch_all(session, _Text, _MISSING, params)
        if not texts:
            return
        vectors = await calls.embed(calls.Payer(client_id), stored, [each.text for each in texts])
        async with db.unit_of_work() as session:
            kept = {
                "ids": [each.id for each in texts],
                "vectors": [orjson.dumps(vector).decode() for vector in vectors],
                "model": model,
            }
            await db.execute(session, _KEEP, kept)
