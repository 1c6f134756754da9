"""An upload says what became of every row of its file: what was read and skipped, beside the counts of its records."""

from alembic import op

revision = "0008_account_for_rows"
down_revision = "0007_drop_unlisted_features"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table file_uploads add column accounting jsonb")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table file_uploads drop column accounting")
