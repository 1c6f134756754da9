"""Which line of a bank or settlement file a payment came with is looked up by the payment."""

from alembic import op

revision = "0056_index_lines_by_payment"
down_revision = "0055_search_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("create index idx_statement_lines_payment on statement_lines (payment_id) where payment_id is not null")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_statement_lines_payment")
