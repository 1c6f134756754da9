"""Long case lists are read in the order of what is at risk."""

from alembic import op

revision = "0042_index_predictions"
down_revision = "0041_renew_mailbox_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("create index idx_renewal_predictions_order on renewal_predictions (expected_loss, case_id)")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_renewal_predictions_order")
