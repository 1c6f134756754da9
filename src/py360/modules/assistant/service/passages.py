"""Finding the passages of documents that fit a question: by their words, and by meaning where embeddings are set up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import category

from py360.kit import sql
from py360.kit.caller import Caller
from py360.kit.reads import Reads

FOUND: Final = 4
_WORDS_OF_QUESTION: Final = 40
_SEARCH: Final = sql.read(__file__, "search_passages")
_VERSION: Final = """
select coalesce(string_agg(d.id || ':' || coalesce(extract(epoch from d.refreshed_at), 0), ',' order by d.id), '')
from knowledge_documents d where d.client_id = any(%(clients)s) and d.status = 'ready'
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that fits a question."""

    document_id: int
    name: str
    page: int
    text: str
    rank: float


async def version(reads: Reads, caller: Caller) -> str:
    """Changes with every document that is added, read again or deleted."""
    return await reads.fetch_only(str, _VERSION, {"clients": list(caller.client_ids)})


async def by_words(
    reads: Reads, caller: Caller, question: str, sources: Sequence[str], limit: int = FOUND
) -> list[Passage]:
    """The passages of the caller's clients, of documents from these sources, whose words fit a question best."""
    words = [
        "".join(sign for sign in word if sign.isalnum() or category(sign).startswith("M"))
        for word in question.split()[:_WORDS_OF_QUESTION]
    ]
    some = " | ".join(f"'{word}'" for word in words if len(word) > 1)
    if not some:
        return []
    params = {
        "question": question[:1_000],
        "any": some,
        "clients": list(caller.client_ids),
        "sources": list(sources),
        "limit": limit,
    }
    return await reads.fetch_all(Passage, _SEARCH, params)


def cited(passages: Sequence[Passage]) -> str:
    """Passages for a model or an answer, numbered to be cited by."""
    return "\n\n".join(
        f"[{number}] {each.name}, page {each.page}: {each.text}" for number, each in enumerate(passages, 1)
    )
