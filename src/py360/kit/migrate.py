"""Running the migrations, from a checkout or from the installed package.

Tables change by migrations, views by their files in `migrations/views`: every upgrade drops the views and creates them as
they are there. Alembic is loaded only when there is something to do: most starts find the newest schema.
"""

import hashlib
import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from alembic.config import Config

_PACKAGED: Final = Path(__file__).parents[1] / "migrations"
_CHECKOUT: Final = Path(__file__).parents[3] / "migrations"
# Version 0.1.0 had 21 migrations, which are one now: its last name and the new one.
_LAST_OF_0_1_0: Final = "0021_put_aside"
_BASELINE: Final = "0001_baseline"
_OURS: Final = """
select c.relname, obj_description(c.oid, 'pg_class') from pg_class c
where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
"""


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
    """Bring a database to the newest schema; nothing happens when it is there already.

    Raises ValueError when the database has a newer schema, or one from before version 0.1.0.
    """
    _rename_baseline(database_url)
    if _revision(database_url) != revisions()[-1] or not _has_newest_views(database_url):
        from alembic import command

        command.upgrade(alembic_config(database_url), "head")


def require_newest(database_url: str) -> None:
    """Raise ValueError, in a line that says what to do, unless the database has the schema this program works with."""
    if (revision := _revision(database_url)) != revisions()[-1]:
        found = f"an older schema ({revision})" if revision else "no schema yet"
        raise ValueError(f"The database has {found}. Bring it up to date with: py360 migrate")


def _rename_baseline(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        if connection.execute("select to_regclass('alembic_version') is not null").fetchone() == (True,):
            connection.execute(
                "update alembic_version set version_num = %s where version_num = %s", (_BASELINE, _LAST_OF_0_1_0)
            )


def _revision(database_url: str) -> str | None:
    """The schema a database has; ValueError when it is none that this program knows."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        made = connection.execute("select from pg_class where oid = to_regclass('alembic_version')").fetchone()
        row = connection.execute("select version_num from alembic_version").fetchone() if made is not None else None
    revision: str | None = row[0] if row else None
    if revision == _LAST_OF_0_1_0:
        return _BASELINE
    if revision is not None and revision not in revisions():
        raise ValueError(
            f"This version of Py360 does not know the database's schema ({revision}). If a newer version made it, install "
            "that version again, or restore the backup from before the upgrade. If it is older than version 0.1.0, upgrade "
            "to 0.1.0 first."
        )
    return revision


def check(database_url: str) -> None:
    """Raise when a model says something else than the database (alembic check)."""
    from alembic import command

    command.check(alembic_config(database_url))


# ---------------------------------------------------------------- views


def _views() -> dict[str, str]:
    """The statements that create the views, by name, in an order in which they can run."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (_folder() / "views").glob("*.sql")}
    uses = {name: texts.keys() & set(re.findall(r"\w+", text)) - {name} for name, text in texts.items()}
    return {name: texts[name] for name in TopologicalSorter(uses).static_order()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _has_newest_views(database_url: str) -> bool:
    """Whether the database's views are those of the files; each carries the digest of its file as its comment."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        found: dict[str, str | None] = dict(connection.execute(_OURS).fetchall())
    return found == {name: _digest(text) for name, text in _views().items()}


def drop_views(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Drop every view that is not an extension's, so that migrations may change what they read."""
    for name, _ in connection.execute(_OURS).fetchall():
        connection.execute(sql.SQL("drop view if exists {} cascade").format(sql.Identifier(str(name))))


def create_views(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Create the views as their files say."""
    for name, text in _views().items():
        connection.execute(text.encode())
        connection.execute(sql.SQL("comment on view {} is {}").format(sql.Identifier(name), sql.Literal(_digest(text))))
