"""A file on its way in: copied to disk in blocks, named safely."""

import asyncio
import hashlib
from pathlib import Path, PurePath
from typing import Protocol

from py360.kit import export
from py360.modules.uploads.errors import FileTooLarge
from py360.modules.uploads.service.receive import ReceivedFile
from py360.modules.uploads.settings import MEGABYTE, upload_settings


class Incoming(Protocol):
    """A file part of a multipart body."""

    filename: str | None

    async def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""
        ...


async def save(part: Incoming, target: Path) -> ReceivedFile:
    """Write a part to a file; raises FileTooLarge beyond the largest size of any kind."""
    digest, size, limit = hashlib.sha256(), 0, upload_settings().max_text_bytes
    with target.open("wb") as file:
        while block := await part.read(MEGABYTE):
            size += len(block)
            if size > limit:
                raise FileTooLarge(f"At most {limit / MEGABYTE:,.0f} MB are accepted. Split the file.")
            await asyncio.to_thread(digest.update, block)
            file.write(block)
    return ReceivedFile(target, plain_name(part.filename), digest.hexdigest())


def plain_name(given: str | None) -> str:
    """A file name without folders and control characters."""
    name = PurePath((given or "").replace("\\", "/")).name
    return "".join(char for char in name if char.isprintable())[-200:] or "upload"


def attachment(name: str) -> dict[str, str]:
    """The Content-Disposition of a download under any name."""
    return {"Content-Disposition": export.attachment(name)}
