"""A campaign whose vendor takes nothing says so: runs in a row without success, and when the next one is due."""

from alembic import op

revision = "0009_note_stalled_campaigns"
down_revision = "0008_account_for_rows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "alter table campaigns add column failed_runs smallint not null default 0, add column next_run_at timestamptz"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table campaigns drop column failed_runs, drop column next_run_at")
