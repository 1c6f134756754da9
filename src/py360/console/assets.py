"""Style, script and icons: each under an address that names its content, so that browsers keep it and still never have an old one."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import Request, Response

from py360.kit.errors import NotFound
from py360.kit.http import Public, Router

STATIC: Final = Path(__file__).parent / "static"
PREFIX: Final = "/console/static"
TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_A_YEAR: Final = "public, max-age=31536000, immutable"

router = Router("", dependencies=[Public], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, as it is and compressed."""

    content: bytes
    compressed: bytes
    media_type: str


@lru_cache(maxsize=1)
def _assets() -> tuple[dict[str, str], dict[str, Asset]]:
    """The address of each file by its name in `static/`, and the file by its address."""
    addresses, files = {}, {}
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in TYPES:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:10]
            name = path.relative_to(STATIC).as_posix()
            address = f"{PREFIX}/{name.removesuffix(path.suffix)}.{digest}{path.suffix}"
            addresses[name] = address
            files[address] = Asset(content, gzip.compress(content, 9, mtime=0), TYPES[path.suffix])
    return addresses, files


def address_of(name: str) -> str:
    """The address of a file of `static/`; raises KeyError when there is none."""
    return _assets()[0][name]


@router.get(f"{PREFIX}/{{name:path}}")
async def asset(request: Request, name: str) -> Response:
    """A file of the console's pages."""
    found = _assets()[1].get(f"{PREFIX}/{name}")
    if found is None:
        raise NotFound("There is no such file. Load the page again.")
    headers = {"Cache-Control": _A_YEAR, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, headers={**headers, "Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)
