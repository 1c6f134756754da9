"""The cases of a customer by an index: searches by name go from the people to their cases without their policies between."""

from alembic import op

revision = "0013_cases_of_a_customer"
down_revision = "0012_template_names"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("create index idx_renewal_cases_customer on renewal_cases (customer_id)")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_renewal_cases_customer")
