"""Payment plans, reminders of instalments, and receipts and refunds that wait for a second person."""

from pathlib import Path

from alembic import op

revision = "0021_add_payment_plans"
down_revision = "0020_add_renewal_predictions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_outstanding_due")
    op.execute("drop table payment_approvals, payment_reminders")
    op.execute("alter table outstanding_amounts drop column plan_id")
    op.execute("drop table payment_plans")
