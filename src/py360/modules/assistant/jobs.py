"""Jobs of the assistant: documents are read, stored files go, old calls are forgotten."""

from datetime import timedelta
from typing import Final

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from py360.kit.jobs import defer, module_jobs
from py360.modules.assistant.service import embeddings, knowledge, settings
from py360.modules.assistant.vendors.base import ModelError

jobs = module_jobs("assistant")
KEEP_CALLS: Final = timedelta(days=400)  # a year and a month: the budget is by month, and reviews look back a year


@jobs.task(name="assistant.read_document")
async def read_document(document_id: int) -> None:
    """Read a document into passages. Done again, it has the same passages."""
    async with unit_of_work() as session:
        found = await knowledge.any_document(session, document_id)
    if found is None:
        return
    content = await resources.current().storage.get(found.file_key)
    read = await knowledge.text_of(found.name, content)
    async with unit_of_work() as session:
        await knowledge.keep(session, document_id, read)
        await defer(session, embed_document, document_id=document_id)


@jobs.task(name="assistant.embed_document", retries=0)  # `refresh` and the settings do it again
async def embed_document(document_id: int) -> None:
    """Embed a document's passages where the office has an embedding model; why it could not be done stands with the document."""
    async with unit_of_work() as session:
        found = await knowledge.any_document(session, document_id)
        stored = await settings.read(session, found.client_id) if found else None
    if found is None or stored is None or found.status != "ready":
        return
    problem = None
    try:
        await embeddings.embed_document(found.client_id, document_id, stored)
    except ModelError as error:
        problem = f"It is found by its words only: the embedding model gave no answer. {error}"
    async with unit_of_work() as session:
        await knowledge.note_problem(session, document_id, problem)


@jobs.task(name="assistant.embed_documents")
async def embed_documents(client_id: int) -> None:
    """Embed all documents of a client: its embedding model changed."""
    async with unit_of_work() as session:
        numbers = await db.fetch_all(
            session, int, "select id from knowledge_documents where client_id = %(client)s", {"client": client_id}
        )
        for number in numbers:
            await defer(session, embed_document, document_id=number)


@jobs.task(name="assistant.delete_file")
async def delete_file(key: str) -> None:
    """Delete the stored file of a document, unless it was added again meanwhile."""
    async with unit_of_work() as session:
        if not await db.fetch_all(
            session, int, "select id from knowledge_documents where file_key = %(key)s", {"key": key}
        ):
            await resources.current().storage.delete(key)


@jobs.periodic(name="assistant.forget_calls", cron="41 21 * * *")
async def forget_calls(timestamp: int) -> None:
    """Forget the calls of models that are older than `KEEP_CALLS`."""
    before = resources.current().clock.now() - KEEP_CALLS
    async with unit_of_work() as session:
        await db.execute(session, "delete from ai_calls where created_at < %(before)s", {"before": before})
