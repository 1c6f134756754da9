"""Alembic's entry: runs the migrations on the connection or URL it is given (see py360.kit.migrate)."""

from alembic import context
from sqlalchemy import create_engine, pool

from py360.entrypoints import wiring
from py360.kit.db import Base
from py360.kit.migrate import create_views, drop_views, revisions
from py360.kit.pools import sqlalchemy_url

wiring.import_models()


def only_modelled(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Compare what has a model: tables written only with SQL are described by their migration."""
    return not (
        kind in {"table", "index", "unique_constraint", "foreign_key_constraint"} and reflected and compare_to is None
    )


def has_model(name: str | None, kind: str, parents: object) -> bool:
    """Do not even look at tables without a model: some have types (ltree) that SQLAlchemy does not know."""
    return kind != "table" or name in Base.metadata.tables


engine = create_engine(sqlalchemy_url(context.config.get_main_option("sqlalchemy.url") or ""), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, include_name=has_model, include_object=only_modelled
    )
    with context.begin_transaction():  # one for all: an upgrade that fails leaves everything as it was
        driver = connection.connection.driver_connection
        connection.exec_driver_sql("set local lock_timeout = '4s'")
        drop_views(driver)
        context.run_migrations()
        if context.get_context().get_current_heads() == (revisions()[-1],):
            create_views(driver)
