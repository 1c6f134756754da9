"""Files: a local folder by default, S3 or Azure Blob by setting (obstore has one API for all three)."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from py360.kit.settings import Settings

CHUNK = 1 << 20
_OS_ERROR: Final = re.compile(r"\(os error (\d+)\)")


class Storage:
    """Objects under keys such as `uploads/12/policies.xlsx`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, content: bytes | Path) -> None:
        """Store bytes, or a file in parts without loading it whole. Nothing is there after an OSError, as of a full disk."""
        try:
            await obstore.put_async(self._store, key, content)
        except BaseError as error:
            if found := _OS_ERROR.search(str(error)):
                raise OSError(int(found[1]), f"{key} could not be stored") from error
            raise

    async def put_with(self, session: AsyncSession, key: str, content: bytes | Path) -> None:
        """Store something that is there only if the session's transaction commits."""

        def forget(_: Session) -> None:
            obstore.delete(self._store, key)

        event.listen(session.sync_session, "after_rollback", forget, once=True)
        await self.put(key, content)

    async def get(self, key: str) -> bytes:
        """The whole object; FileNotFoundError when it is not there."""
        return bytes(await (await obstore.get_async(self._store, key)).bytes_async())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object in chunks of about 1 MiB; FileNotFoundError when it is not there."""
        async for chunk in (await obstore.get_async(self._store, key)).stream(min_chunk_size=CHUNK):
            yield bytes(chunk)

    async def fetch(self, key: str, target: Path) -> Path:
        """Copy an object to a local file, for libraries that want one."""
        with target.open("wb") as file:
            async for chunk in self.stream(key):
                file.write(chunk)
        return target

    async def delete(self, key: str) -> None:
        """Remove an object; nothing happens when it is not there."""
        await obstore.delete_async(self._store, key)


def open_storage(settings: Settings) -> Storage:
    """The store an installation uses. Raises ValueError when its address is none."""
    if settings.storage_url:
        try:
            return Storage(from_url(settings.storage_url))
        except (BaseError, ValueError) as error:
            scheme = settings.storage_url.partition("://")[0]  # what follows may hold a key
            raise ValueError(
                f"PY360_STORAGE_URL ({scheme}://…) cannot be used: {str(error).splitlines()[0]}"
            ) from error
    folder = settings.home / "files"
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(LocalStore(folder))
