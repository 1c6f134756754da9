"""The tables of version 0.1.0, one SQL file per module in `migrations/baseline`, and the job queue.

Raw SQL on purpose: the statements are the documentation of the schema (specification, "Database Schema"). An installation
that version 0.1.0 made has these tables already and only gets this name (`py360.kit.migrate`).
"""

from pathlib import Path

from alembic import op
from procrastinate import schema

revision = "0001_baseline"
down_revision = None
branch_labels = None
depends_on = None

FILES = Path(__file__).parents[1] / "baseline"


def upgrade() -> None:
    run = op.get_bind().connection.driver_connection.execute  # the driver's own: a % in the SQL is only a %
    for file in sorted(FILES.glob("*.sql")):
        run(file.read_text(encoding="utf-8"))
    run(schema.SchemaManager.get_schema())


def downgrade() -> None:
    raise RuntimeError("the first migration has nothing before it: drop the database instead")
