"""Customers in the order of their names by an index: their list and the case lists are sorted by it."""

from alembic import op

revision = "0017_customers_by_name"
down_revision = "0016_lookups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("create index idx_customers_name on customers (lower(full_name), id)")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_customers_name")
