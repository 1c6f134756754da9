"""What customers consent to, as other modules may read it."""

from alembic import op

revision = "0009_public_consent"
down_revision = "0008_paid_terms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    # One row per customer and channel: opted out when the latest word on any purpose is so, else opted in.
    op.execute(
        "create view compliance_public_consent as"
        " select customer_id, channel, case when bool_or(state = 'opted_out') then 'opted_out' else 'opted_in' end as state"
        " from (select distinct on (customer_id, channel, purpose) customer_id, channel, state from consents"
        "   order by customer_id, channel, purpose, id desc) latest"
        " group by customer_id, channel"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop view compliance_public_consent")
