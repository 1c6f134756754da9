"""Taking an import back, and resumable uploads."""

from pathlib import Path

from alembic import op

revision = "0004_uploads"
down_revision = "0003_public_views"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop view cases_public_worked")
    op.execute("drop table upload_arrivals")
