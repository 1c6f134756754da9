"""Customers may be held out of recommendations, and what customers bought is kept with each."""

from pathlib import Path

from alembic import op

revision = "0047_hold_out_recommendations"
down_revision = "0046_track_personal_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("delete from recommendations where status = 'held_out'")
    op.execute("drop index idx_recommendations_open, idx_recommendations_customer, idx_renewal_predictions_held_out")
    op.execute(
        "alter table recommendations drop column held_out, drop column policy_id, drop column bought_premium,"
        " drop constraint recommendations_status_check, add constraint recommendations_status_check"
        " check (status in ('shown', 'accepted', 'declined', 'converted'))"
    )
    op.execute(
        "create unique index idx_recommendations_open on recommendations (customer_id, rule)"
        " where status in ('shown', 'accepted')"
    )
