"""What every process of an installation needs before it works. `up`, `migrate`, `api` and `worker` all check here, so that they
refuse for the same reasons in the same words; nothing here is slow to import, so that they refuse at once.
"""

import os
import tempfile
from typing import Final

import psycopg

from py360.entrypoints import home
from py360.entrypoints.home import Refusal
from py360.kit import crypto, scratch
from py360.kit.migrate import require_newest
from py360.kit.settings import SECRET_FILE, Settings
from py360.kit.storage import open_storage

OLDEST_POSTGRES: Final = 16


def require_ready(config: Settings) -> Settings:
    """The settings of an installation that is prepared, for a process that serves it. Raises Refusal or ValueError, in one
    line, when it is not: the schema, the first client, the key or the storage is missing."""
    found = home.running(config)
    os.umask(home.PRIVATE)
    open_storage(found)
    require_postgres(found.database_url)
    require_newest(found.database_url)
    require_key(found)
    with psycopg.connect(found.database_url, autocommit=True) as connection:
        if connection.execute("select from clients").fetchone() is None:
            raise Refusal("The installation is not set up: it has no client and no administrator. Run: py360 migrate")
    # Bodies of requests, too, take the home's room.
    tempfile.tempdir = os.environ["TMPDIR"] = str(scratch.root(found.home))
    return found


def require_postgres(database_url: str) -> None:
    """Raises Refusal when the server is older than we support."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        version = connection.info.server_version // 10_000
    if version < OLDEST_POSTGRES:
        raise Refusal(f"The database is PostgreSQL {version}. Py360 needs version {OLDEST_POSTGRES} or newer.")


def require_key(settings: Settings) -> set[str]:
    """The fingerprints of the keys this database was used with; raises Refusal when none of ours is among them."""
    known = {crypto.fingerprint(key) for key in settings.secret_keys}
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        used = {str(row[0]) for row in connection.execute("select fingerprint from secret_keys").fetchall()}
    if used and not used & known:
        raise Refusal(
            "The secret key is not the one that this database was used with: its vendor accounts cannot be opened. Set"
            f" PY360_SECRET_KEY to the old key, or put {settings.home / SECRET_FILE} back from your backup."
        )
    return used
