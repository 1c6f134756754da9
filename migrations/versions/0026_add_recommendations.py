"""Recommendations that were shown, and what became of them."""

from pathlib import Path

from alembic import op

revision = "0026_add_recommendations"
down_revision = "0025_add_service_requests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table recommendations")
