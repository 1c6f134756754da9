"""Jobs of the assistant: documents are read, stored files go, old calls are forgotten."""

from datetime import timedelta
from typing import Final

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from py360.kit.jobs import module_jobs
from py360.modules.assistant.service import knowledge

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
