"""Risks of customers are kept with their factors."""

from pathlib import Path

from alembic import op

revision = "0050_keep_risks"
down_revision = "0049_report_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table customer_risks")
