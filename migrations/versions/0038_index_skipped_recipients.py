"""Why recipients of a campaign were left out is counted from the index alone, however many recipients it has."""

from alembic import op

revision = "0038_index_skipped_recipients"
down_revision = "0037_add_mandates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "create index idx_recipients_skipped on campaign_recipients (campaign_id, skip_reason) where status = 'skipped'"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_recipients_skipped")
