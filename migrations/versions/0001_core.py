"""The core tables: organisation, identity, customers, policies, cases, uploads, messages, payments; and the job queue.

Raw SQL on purpose: the statements are the documentation of the schema (specification, "Database Schema").
"""

from pathlib import Path

from alembic import op
from procrastinate import schema

revision = "0001_core"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute  # the driver's own: a % in the SQL is only a %
    run(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    run(schema.SchemaManager.get_schema())


def downgrade() -> None:
    raise RuntimeError("the first migration has nothing before it: drop the database instead")
