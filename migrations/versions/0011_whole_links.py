"""A payment link may ask for all that is left when it is opened, not for an amount of yesterday."""

from alembic import op

revision = "0011_whole_links"
down_revision = "0010_pause_reason"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table payment_links alter column amount drop not null")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "update payment_links l set amount = coalesce(c.renewal_amount, p.premium_amount)"
        " from renewal_cases c join policies p on p.id = c.policy_id where c.id = l.case_id and l.amount is null"
    )
    op.execute("alter table payment_links alter column amount set not null")
