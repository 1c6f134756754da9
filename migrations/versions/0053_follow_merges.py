"""Recommendations and risks follow a customer that is merged into another, and go back when that is undone."""

from pathlib import Path

from alembic import op

revision = "0053_follow_merges"
down_revision = "0052_note_looked_at_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("update recommendations set customer_id = made_for where made_for is not null")
    op.execute("drop index idx_recommendations_open")
    op.execute("alter table recommendations drop column is_duplicate, drop column made_for")
    op.execute(
        "create unique index idx_recommendations_open on recommendations (customer_id, rule)"
        " where status in ('held_out', 'shown', 'accepted')"
    )
    op.execute("update customer_risks set customer_id = made_for where made_for is not null")
    op.execute("drop index idx_customer_risks_customer")
    op.execute("alter table customer_risks drop column is_duplicate, drop column made_for, drop column id")
    op.execute("alter table customer_risks add primary key (customer_id)")
