"""Which one-time code of a user counted last: each counts once."""

from alembic import op

revision = "0033_note_used_codes"
down_revision = "0032_merge_customers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table users add column mfa_used_step bigint")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table users drop column mfa_used_step")
