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


def revisions() -> list[str]:
    """The revisions this program knows, oldest first: files are numbered and named as the revision they hold."""
    return sorted(path.stem for path in (_folder() / "versions").glob("[0-9]*.py"))


def alembic_config(database_url: str) -> "Config":
    """Alembic's configuration for a database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def migrate(database_url: str) -> None:
    """Bring a database to the newest schema; nothing happens when it is there already. Raises ValueError when the database
    has a newer one."""
    if _revision(database_url) != revisions()[-1]:
        from alembic import command

        command.upgrade(alembic_config(database_url), "head")


def require_newest(database_url: str) -> None:
    """Raise ValueError, in a line that says what to do, unless the database has the schema this program works with."""
    if (revision := _revision(database_url)) != revisions()[-1]:
        stands = f"an older schema ({revision})" if revision else "no schema yet"
        raise ValueError(f"The database has {stands}. Bring it up to date with: py360 migrate")


def _revision(database_url: str) -> str | None:
    """The schema a database has; ValueError when it is none that this program knows."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        made = connection.execute("select from pg_class where oid = to_regclass('alembic_version')").fetchone()
        row = connection.execute("select version_num from alembic_version").fetchone() if made is not None else None
    revision: str | None = row[0] if row else None
    if revision is not None and revision not in revisions():
        raise ValueError(
            f"The database has a newer schema ({revision}) than this version of Py360 knows. Install the newer version "
            "again, or restore the backup from before the upgrade."
        )
    return revision


def check(database_url: str) -> None:
    """Raise when a model says something else than the database (alembic check)."""
    from alembic import command

    command.check(alembic_config(database_url))
