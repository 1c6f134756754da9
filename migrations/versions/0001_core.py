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
    driver = op.get_bind().exec_driver_sql
    driver(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    driver(schema.SchemaManager.get_schema().replace("%", "%%"))


def downgrade() -> None:
    raise RuntimeError("the first migration has nothing before it: drop the database instead")
