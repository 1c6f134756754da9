"""Cases are opened and lapse by dates: lead days, days of grace and directions of terms."""

from pathlib import Path

from alembic import op

revision = "0019_schedule_renewals"
down_revision = "0018_keep_stops_under_bounces"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table renewal_cases drop column grace_until")
    op.execute("drop table renewal_directions")
    op.execute("alter table policies drop column grace_is_own")
    op.execute("drop table grace_periods")
    op.execute("drop table renewal_rules")
