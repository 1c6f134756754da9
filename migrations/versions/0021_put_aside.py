"""The few webhooks that could not be applied are counted at every look at the health."""

from alembic import op

revision = "0021_put_aside"
down_revision = "0020_what_was_said"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("create index idx_webhook_inbox_aside on webhook_inbox (id) where error is not null")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_webhook_inbox_aside")
