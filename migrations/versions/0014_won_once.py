"""A parent campaign counts whom it won by itself: the sum of its channels counted a customer once for each."""

from alembic import op

revision = "0014_won_once"
down_revision = "0013_cases_of_a_customer"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "update campaigns p set converted_count = ("
        "  select count(distinct k.id) from campaigns channel join campaign_recipients r on r.campaign_id = channel.id"
        "  join cases_public_case k on k.id = r.case_id and k.status = 'renewed' and k.closed_at >= r.sent_at"
        "    and k.payment_status <> 'refunded'"
        "  where channel.parent_id = p.id)"
        " where parent_id is null"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("update campaigns set converted_count = 0 where parent_id is null")
