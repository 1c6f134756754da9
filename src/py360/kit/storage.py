"""Files: a local folder by default, S3 or Azure Blob by setting (obstore has one API for all three)."""

import asyncio
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

from py360.kit import durable
from py360.kit.errors import Gone
from py360.kit.settings import Settings

CHUNK = 1 << 20
_OS_ERROR: Final = re.compile(r"\(os error (\d+)\)")


class Storage:
    """Objects under keys such as `uploads/12/policies.xlsx`."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        """`folder`: where a store on the local disk has its files."""
        self._store, self._folder = store, folder

    async def put(self, key: str, content: bytes | Path) -> None:
        """Store bytes, or a file in parts without loading it whole: on the disk when this returns, also after a power cut.

        Nothing is there after an OSError, as of a full disk.
        """
        try:
            await obstore.put_async(self._store, key, content)
            if self._folder is not None:
                await asyncio.to_thread(self._sync, self._folder, self._folder / key)
        except BaseError as error:
            if found := _OS_ERROR.search(str(error)):
                raise OSError(int(found[1]), f"{key} could not be stored") from error
            raise

    @staticmethod
    def _sync(root: Path, path: Path) -> None:
        durable.sync(path)
        for folder in path.parent.relative_to(root).parents:  # folders that were made for it
            durable.sync_folder(root / folder)

    def keep_with(self, session: AsyncSession, key: str) -> None:
        """Let something that was stored be there only if the session's transaction commits."""

        def forget(_: Session) -> None:
            obstore.delete(self._store, key)

        event.listen(session.sync_session, "after_rollback", forget, once=True)

    async def put_with(self, session: AsyncSession, key: str, content: bytes | Path) -> None:
        """Store something that is there only if the session's transaction commits."""
        self.keep_with(session, key)
        await self.put(key, content)

    async def get(self, key: str) -> bytes:
        """The whole object; FileNotFoundError when it is not there."""
        return bytes(await (await obstore.get_async(self._store, key)).bytes_async())

    async def opened(self, key: str) -> AsyncIterator[bytes]:
        """The object to be sent, known to be there; raises Gone before anything is sent when it is not."""
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise Gone("The stored file is no longer there. Ask the operator.", code="stored_file_missing") from error

        async def chunks() -> AsyncIterator[bytes]:
            async for chunk in found.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)

        return chunks()

    async def fetch(self, key: str, target: Path) -> Path:
        """Copy an object to a local file, for libraries that want one; raises Gone when it is not there."""
        chunks = await self.opened(key)
        with target.open("wb") as file:
            async for chunk in chunks:
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
    return Storage(LocalStore(folder), folder)
