"""Who takes cases; the clock of the first contact; reminders of follow-ups."""

from pathlib import Path

from alembic import op

revision = "0027_assign_cases"
down_revision = "0026_add_recommendations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "alter table renewal_cases drop column contact_due_at, drop column contact_paused_at,"
        " drop column contact_breached_at, drop column follow_up_reminded_on"
    )
    op.execute("drop index idx_renewal_cases_follow_up, idx_renewal_cases_unassigned")
    op.execute("alter table renewal_rules drop column first_contact_hours")
    op.execute("drop table agent_availability")
