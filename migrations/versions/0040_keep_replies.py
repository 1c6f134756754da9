"""What a customer answered to a message, in their words: until now only that they did."""

from alembic import op

revision = "0040_keep_replies"
down_revision = "0039_add_follow_ups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table communication_delivery_status add column reply_text text")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table communication_delivery_status drop column reply_text")
