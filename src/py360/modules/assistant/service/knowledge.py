"""The knowledge base: documents of the office, cut into passages that are found by their words and cited by page."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import child, db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound, UnsupportedType
from py360.kit.jobs import defer
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.assistant.schemas import Source
from py360.modules.assistant.service.documents import SECONDS
from py360.modules.assistant.views import DocumentView

KINDS: Final = {"pdf": "pdf", "docx": "docx", "md": "text", "txt": "text"}
MOST_DOCUMENTS: Final = 1_000
PASSAGE: Final = 1_000  # characters, about
_MODULE: Final = "py360.modules.assistant.service.documents"
_DOCUMENT: Final = """
select id, client_id, name, source, file_key, file_size, status, pages, problem, created_at, refreshed_at from knowledge_documents d
"""
_ADD: Final = """
insert into knowledge_documents (client_id, name, source, sha256, file_key, file_size, added_by)
values (%(client)s, %(name)s, %(source)s, %(sha256)s, %(key)s, %(size)s, %(user)s)
on conflict (client_id, sha256) do nothing returning id
"""
_SORTS: Final = {
    "id": "d.id",
    "name": "lower(d.name)",
    "source": "d.source",
    "createdAt": "d.created_at",
    "pages": "d.pages",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the knowledge base."""

    id: int
    client_id: int
    name: str
    source: str
    file_key: str
    file_size: int
    status: str
    pages: int
    problem: str | None
    created_at: datetime
    refreshed_at: datetime | None

    def to_public(self) -> DocumentView:
        """The document as the API answers it."""
        return {
            "id": self.id, "name": self.name, "source": self.source, "fileSize": self.file_size, "status": self.status, "pages": self.pages,
            "problem": self.problem, "createdAt": self.created_at, "refreshedAt": self.refreshed_at,
        }  # fmt: skip


def documents(caller: Caller, sort: str | None, search: str | None, source: Source | None = None) -> Listing[Document]:
    """The documents of the caller's clients."""
    where = "d.client_id = any(%(clients)s)"
    params: dict[str, object] = {"clients": list(caller.client_ids)}
    if pattern := containing(search):
        where += " and d.name ilike %(search)s"
        params |= {"search": pattern}
    if source is not None:
        where += " and d.source = %(source)s"
        params |= {"source": source}
    return Listing(
        name="documents",
        select=_DOCUMENT,
        where=where,
        order=ordering(sort, _SORTS, "-id", "d.id"),
        params=params,
        to_public=Document.to_public,
        columns=("id", "name", "source", "fileSize", "status", "pages", "problem", "createdAt"),
        file_name="knowledge_base",
        row=Document,
    )


async def add(
    session: AsyncSession,
    caller: Caller,
    name: str,
    content: bytes,
    source: Source = "internal_docs",
    *,
    read: bool = True,
) -> int:
    """Store a document; it is read by a job, unless it waits for `refresh`. Raises UnsupportedType, Invalid when empty, Conflict when it is there already."""
    if name.rpartition(".")[2].lower() not in KINDS:
        raise UnsupportedType(f"“{name[:100]}” is not a PDF, DOCX, MD or TXT file.")
    if not content:
        raise Invalid(
            "The file is empty.", code="file_empty", details=[{"field": "file", "message": "must hold something"}]
        )
    count = "select count(*) from knowledge_documents where client_id = %(client)s"
    if await db.fetch_only(session, int, count, {"client": caller.client_id}) >= MOST_DOCUMENTS:
        raise Conflict(
            f"The knowledge base has {MOST_DOCUMENTS:,} documents. Delete some first.", code="too_many_documents"
        )
    digest = hashlib.sha256(content).hexdigest()
    key = f"knowledge/{caller.client_id}/{digest}"
    params = {
        "client": caller.client_id, "name": name[:255], "source": source, "sha256": digest, "key": key, "size": len(content), "user": caller.user_id,
    }  # fmt: skip
    document_id = await db.fetch_one(session, int, _ADD, params)
    if document_id is None:
        raise Conflict(f"“{name[:100]}” is in the knowledge base already.", code="document_exists")
    await resources.current().storage.put_with(session, key, content)
    if read:
        await defer(session, "assistant.read_document", document_id=document_id)
    return document_id


async def document(session: AsyncSession, caller: Caller, document_id: int) -> Document:
    """One document; raises NotFound."""
    found = await db.fetch_one(
        session, Document, f"{_DOCUMENT} where d.id = %(id)s and d.client_id = any(%(clients)s)",
        {"id": document_id, "clients": list(caller.client_ids)},
    )  # fmt: skip
    if found is None:
        raise _not_found(document_id)
    return found


async def last_updated(source: db.Source, client_id: int) -> datetime | None:
    """When a document of a client was read last; None while there is none."""
    newest = "select max(refreshed_at) from knowledge_documents where client_id = %(client)s"
    return await db.fetch_one(source, datetime, newest, {"client": client_id})


async def require(reads: Reads, caller: Caller, document_id: int) -> None:
    """Raises NotFound unless the document is the caller's clients'."""
    there = "select exists (select from knowledge_documents where id = %(id)s and client_id = any(%(clients)s))"
    if not await reads.fetch_only(bool, there, {"id": document_id, "clients": list(caller.client_ids)}):
        raise _not_found(document_id)


def _not_found(document_id: int) -> NotFound:
    return NotFound(f"There is no document {document_id} in your knowledge base.", code="document_not_found")


async def any_document(session: AsyncSession, document_id: int) -> Document | None:
    """One document for a job, which knows no caller; None when it was deleted."""
    return await db.fetch_one(session, Document, f"{_DOCUMENT} where d.id = %(id)s", {"id": document_id})


async def delete(session: AsyncSession, caller: Caller, document_id: int) -> Document:
    """Delete a document with its passages; the stored file goes after the commit."""
    found = await document(session, caller, document_id)
    await db.execute(session, "delete from knowledge_documents where id = %(id)s", {"id": found.id})
    await defer(session, "assistant.delete_file", key=found.file_key)
    return found


async def note_problem(session: AsyncSession, document_id: int, problem: str | None) -> None:
    """Keep what is wrong with a document that is read."""
    await db.execute(
        session,
        "update knowledge_documents set problem = %(problem)s where id = %(id)s and status = 'ready'",
        {"id": document_id, "problem": problem},
    )


async def refresh(session: AsyncSession, caller: Caller) -> int:
    """Read every document of the caller's client again; how many."""
    again = "update knowledge_documents set status = 'pending' where client_id = %(client)s returning id"
    numbers = await db.fetch_all(session, int, again, {"client": caller.client_id})
    for number in numbers:
        await defer(session, "assistant.read_document", document_id=number)
    return len(numbers)


async def text_of(name: str, content: bytes) -> list[str] | str:
    """The pages of a document, read in a process of its own; or the problem in words."""
    kind = KINDS[name.rpartition(".")[2].lower()]
    ended = await child.run(_MODULE, kind.encode() + b"\n" + content, SECONDS + 5)
    if ended.out_of_time:
        return "The document took too long to be read. Split it."
    if ended.crashed:
        return "The document is damaged, or needs more memory than it may have. Save it again, or split it."
    answer: list[str] | dict[str, str] = json.loads(ended.output)
    return answer if isinstance(answer, list) else answer["problem"]


async def keep(session: AsyncSession, document_id: int, read: list[str] | str) -> None:
    """Keep what was read of a document: its passages, or why there are none."""
    failed = isinstance(read, str)
    await db.execute(session, "delete from knowledge_passages where document_id = %(id)s", {"id": document_id})
    client_id = await db.fetch_one(
        session, int,
        "update knowledge_documents set status = %(status)s, problem = %(problem)s, pages = %(pages)s, refreshed_at = now()"
        " where id = %(id)s returning client_id",
        {"id": document_id, "status": "failed" if failed else "ready", "problem": read if failed else None,
         "pages": 0 if failed else len(read)},
    )  # fmt: skip
    if client_id is None or isinstance(read, str):
        return
    passages = [(number, passage) for number, page in enumerate(read, 1) for passage in _passages(page)]
    await db.execute(
        session,
        "insert into knowledge_passages (document_id, client_id, page, text)"
        " select %(id)s, %(client)s, page, text from unnest(%(pages)s::int[], %(texts)s::text[]) as t (page, text)",
        {
            "id": document_id,
            "client": client_id,
            "pages": [page for page, _ in passages],
            "texts": [text for _, text in passages],
        },
    )


def _passages(page: str) -> list[str]:
    """The page in pieces of about `PASSAGE` characters, cut between sentences or words."""
    pieces, piece = [], ""
    for word in page.replace("\n", " \n ").split(" "):
        ends = piece.rstrip().endswith((".", "।", "?", "!", "\n"))
        if len(piece) > PASSAGE and (ends or len(piece) > 2 * PASSAGE):
            pieces.append(piece.strip())
            piece = ""
        piece += word[:PASSAGE] + " "
    pieces.append(piece.strip())
    return [each for each in pieces if each]
