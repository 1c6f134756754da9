"""Contacts are verified by the customer; duplicates are merged, and the merge can be undone."""

from pathlib import Path

from alembic import op

revision = "0032_merge_customers"
down_revision = "0031_date_organization"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table customer_merges")
    op.execute("alter table customers drop column merged_into")
    op.execute("drop table contact_verifications")
