"""Why a campaign was paused by itself: its sender account could not be used."""

from alembic import op

revision = "0010_pause_reason"
down_revision = "0009_public_consent"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table campaigns add column pause_reason text")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table campaigns drop column pause_reason")
