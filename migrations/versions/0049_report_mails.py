"""New mails are reported to an address of the office's own."""

from pathlib import Path

from alembic import op

revision = "0049_report_mails"
down_revision = "0048_schedule_mail_follow_ups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table email_webhook_deliveries, email_webhooks")
