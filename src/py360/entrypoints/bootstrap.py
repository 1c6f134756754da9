"""What the first start makes, and every later one brings up to date: schema, first client, first administrator."""

import os
from dataclasses import dataclass
from typing import Final

from py360.entrypoints import home, wiring
from py360.entrypoints.readiness import require_key, require_postgres
from py360.kit import crypto, db
from py360.kit.migrate import migrate
from py360.kit.pools import make_engine, make_sessions
from py360.kit.settings import Settings
from py360.kit.storage import open_storage
from py360.modules.identity import api as identity
from py360.modules.inbox import api as inbox
from py360.modules.providers import api as providers
from py360.modules.settings import api as module_settings

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
    require_postgres(settings.database_url)
    migrate(settings.database_url)
    used = require_key(settings)
    current = crypto.fingerprint(settings.secret_key)
    engine = make_engine(settings.database_url, 2)
    wiring.import_models()
    try:
        async with make_sessions(engine)() as session, session.begin():
            if used and current not in used:  # the key was rotated
                await providers.reseal(session)
                await module_settings.reseal(session)
                await identity.reseal(session)
                await inbox.reseal(session)
            await db.execute(session, _ADD_KEY, {"fingerprint": current})
            await wiring.seed(session)
            password = home.first_password(settings)
            made = await identity.ensure_first_admin(session, settings.admin_email, password)
            login = await identity.first_admin(session)
            sandbox = await providers.sandbox_in_use(session)
    finally:
        await engine.dispose()
    return FirstStart(login, password if made else None, sandbox)
