"""How often a vendor put a recipient off."""

from alembic import op

revision = "0007_attempts"
down_revision = "0006_lean_import"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    # Of a pending recipient, claimed_until is the moment before which nobody tries again.
    op.execute("alter table campaign_recipients add column attempts smallint not null default 0")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table campaign_recipients drop column attempts")
