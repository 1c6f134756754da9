"""A mail is followed up at a time, unless its customer answers before; mails that come back stand at the top."""

from pathlib import Path

from alembic import op

revision = "0048_schedule_mail_follow_ups"
down_revision = "0047_hold_out_recommendations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_emails_follow_up, idx_emails_arrival")
    op.execute(
        "alter table emails drop column follow_up_at, drop column follow_up_note, drop column follow_up_by,"
        " drop column returned_at"
    )
