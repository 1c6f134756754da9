"""What every process of an installation needs before it works, and what the first start makes: schema, first client, first
administrator. `up`, `migrate`, `api` and `worker` all check here, so that they refuse for the same reasons in the same words.
"""

import os
import tempfile
from dataclasses import dataclass
from typing import Final

import psycopg

from py360.entrypoints import home, wiring
from py360.entrypoints.home import Refusal
from py360.kit import crypto, db, scratch
from py360.kit.migrate import migrate, require_newest
from py360.kit.pools import make_engine, make_sessions
from py360.kit.settings import SECRET_FILE, Settings
from py360.kit.storage import open_storage
from py360.modules.identity import api as identity
from py360.modules.providers import api as providers
from py360.modules.settings import api as module_settings

OLDEST_POSTGRES: Final = 16
_ADD_KEY: Final = "insert into secret_keys (fingerprint) values (%(fingerprint)s) on conflict do nothing"


@dataclass(frozen=True, slots=True)
class FirstStart:
    """The administrator's login, its password if this start made it, and whether a sandbox account is in use."""

    login: str | None
    password: str | None
    sandbox: bool


async def prepare(settings: Settings) -> FirstStart:
    """Bring the database to the newest schema and make what every installation has; safe to repeat.

    Raises Refusal or ValueError, in one line, when the installation cannot run with these settings.
    """
    os.umask(home.PRIVATE)
    open_storage(settings)
    _require_postgres(settings.database_url)
    migrate(settings.database_url)
    used = _require_key(settings)
    current = crypto.fingerprint(settings.secret_key)
    engine = make_engine(settings.database_url, 2)
    wiring.import_models()
    try:
        async with make_sessions(engine)() as session, session.begin():
            if used and current not in used:  # the key was rotated
                await providers.reseal(session)
                await module_settings.reseal(session)
                await identity.reseal(session)
            await db.execute(session, _ADD_KEY, {"fingerprint": current})
            await wiring.seed(session)
            password = home.first_password(settings)
            made = await identity.ensure_first_admin(session, settings.admin_email, password)
            login = await identity.first_admin(session)
            sandbox = await providers.sandbox_in_use(session)
    finally:
        await engine.dispose()
    return FirstStart(login, password if made else None, sandbox)


def require_ready(config: Settings) -> Settings:
    """The settings of an installation that is prepared, for a process that serves it. Raises Refusal or ValueError, in one
    line, when it is not: the schema, the first client, the key or the storage is missing."""
    found = home.running(config)
    os.umask(home.PRIVATE)
    open_storage(found)
    _require_postgres(found.database_url)
    require_newest(found.database_url)
    _require_key(found)
    with psycopg.connect(found.database_url, autocommit=True) as connection:
        if connection.execute("select from clients").fetchone() is None:
            raise Refusal("The installation is not set up: it has no client and no administrator. Run: py360 migrate")
    # Bodies of requests, too, take the home's room.
    tempfile.tempdir = os.environ["TMPDIR"] = str(scratch.root(found.home))
    return found


def _require_postgres(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        version = connection.info.server_version // 10_000
    if version < OLDEST_POSTGRES:
        raise Refusal(f"The database is PostgreSQL {version}. Py360 needs version {OLDEST_POSTGRES} or newer.")


def _require_key(settings: Settings) -> set[str]:
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
