"""What the documents say about a question: passages by words and by meaning, put into one order."""

from collections.abc import Sequence
from typing import Final

from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.assistant.redaction import Redactor
from py360.modules.assistant.service import calls, embeddings, passages, settings
from py360.modules.assistant.service.passages import FOUND, Passage
from py360.modules.assistant.service.settings import Stored

_RANKS: Final = 60  # the constant of reciprocal rank fusion (Cormack, Clarke, Buettcher: SIGIR 2009)


async def search(reads: Reads, caller: Caller, question: str, limit: int = FOUND) -> list[Passage]:
    """The passages of the caller's clients that fit a question best, from the sources that the office chose."""
    return await _search(reads, caller, await settings.read(reads, caller.client_id), question, limit)


async def for_answer(reads: Reads, caller: Caller, question: str, limit: int = FOUND) -> list[Passage]:
    """The same, for an answer of the assistant; none where the office wants no answers from its documents."""
    stored = await settings.read(reads, caller.client_id)
    return await _search(reads, caller, stored, question, limit) if stored.values.knowledge_base.enabled else []


async def _search(reads: Reads, caller: Caller, stored: Stored, question: str, limit: int) -> list[Passage]:
    worded = await passages.by_words(reads, caller, question, stored.values.knowledge_base.sources, 3 * limit)
    meant = await embeddings.near(
        reads, calls.Payer.of(caller), stored, caller.client_ids, Redactor().hide(question[:1_000]), 3 * limit
    )
    return _fused(worded, meant)[:limit]


def _fused(*lists: Sequence[Passage]) -> list[Passage]:
    """Several orders as one: what stands high in any of them."""
    points: dict[tuple[int, int, str], float] = {}
    known: dict[tuple[int, int, str], Passage] = {}
    for found in lists:
        for place, each in enumerate(found, 1):
            key = (each.document_id, each.page, each.text)
            points[key] = points.get(key, 0) + 1 / (_RANKS + place)
            known.setdefault(key, each)
    return [known[key] for key in sorted(points, key=lambda key: -points[key])]
