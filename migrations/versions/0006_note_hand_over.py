"""The ledger notes when a message was handed over to a connection: what was only claimed is not in doubt after a crash."""

from alembic import op

revision = "0006_note_hand_over"
down_revision = "0005_add_secret_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    # No index names it: the update that sets it stays a heap-only one.
    op.execute("alter table communication_delivery_status add column handed_over_at timestamptz")
    # What an older version was sending when it was stopped may have left.
    op.execute(
        "update communication_delivery_status set handed_over_at = last_attempt_at"
        " where status = 'sending' and created_at > now() - interval '2 days'"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table communication_delivery_status drop column handed_over_at")
