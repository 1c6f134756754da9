"""The customer's whole picture: profile inputs, members of policies, proposer, life assured, channel."""

from pathlib import Path

from alembic import op

revision = "0022_complete_customers"
down_revision = "0021_add_payment_plans"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table claims drop column member_id")
    op.execute("drop table policy_members")
    op.execute("alter table policies drop column proposer, drop column life_assured, drop column channel_details")
    op.execute(
        "alter table customer_profiles drop column client_id, drop column income_source, drop column demographics,"
        " drop column location, drop column residence, drop column risk, drop column other_policies,"
        " drop column version, drop column updated_by"
    )
