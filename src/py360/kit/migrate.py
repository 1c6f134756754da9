"""Running the migrations, from a checkout or from the installed package."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config

_PACKAGED: Final = Path(__file__).parents[1] / "migrations"
_CHECKOUT: Final = Path(__file__).parents[3] / "migrations"


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(_PACKAGED if _PACKAGED.exists() else _CHECKOUT))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def migrate(database_url: str) -> None:
    """Bring a database to the newest schema; nothing happens when it is there already."""
    command.upgrade(alembic_config(database_url), "head")


def check(database_url: str) -> None:
    """Raise when a model says something else than the database (alembic check)."""
    command.check(alembic_config(database_url))
