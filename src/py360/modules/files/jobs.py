"""The jobs of files."""

from py360.kit import resources
from py360.kit.jobs import module_jobs

jobs = module_jobs("files")


@jobs.task(name="files.delete_stored")
async def delete_stored(key: str) -> None:
    """Delete the bytes of a document whose row is gone."""
    await resources.current().storage.delete(key)
