"""Customers who may be the same person stand in a list, until they are merged or an officer says that they are two."""

from pathlib import Path

from alembic import op

revision = "0054_list_duplicates"
down_revision = "0053_follow_merges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_customers_kyc_documents")
    op.execute("drop table customer_duplicates")
