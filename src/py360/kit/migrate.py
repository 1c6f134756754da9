"""Running the migrations, from a checkout or from the installed package.

Alembic is loaded only when there is something to do: most starts find the newest schema.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

if TYPE_CHECKING:
    from alembic.config import Config

_PACKAGED: Final = Path(__file__).parents[1] / "migrations"
_CHECKOUT: Final = Path(__file__).parents[3] / "migrations"


def _folder() -> Path:
    return _PACKAGED if _PACKAGED.exists() else _CHECKOUT


def newest() -> str:
    """The newest revision: files are numbered and named as the revision they hold."""
    return max(path.stem for path in (_folder() / "versions").glob("[0-9]*.py"))


def alembic_config(database_url: str) -> "Config":
    """Alembic's configuration for a database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def migrate(database_url: str) -> None:
    """Bring a database to the newest schema; nothing happens when it is there already."""
    if not _is_newest(database_url):
        from alembic import command

        command.upgrade(alembic_config(database_url), "head")


def _is_newest(database_url: str) -> bool:
    with psycopg.connect(database_url, autocommit=True) as connection:
        made = connection.execute("select from pg_class where oid = to_regclass('alembic_version')").fetchone()
        return made is not None and connection.execute("select version_num from alembic_version").fetchone() == (
            newest(),
        )


def check(database_url: str) -> None:
    """Raise when a model says something else than the database (alembic check)."""
    from alembic import command

    command.check(alembic_config(database_url))
