"""Which keys sealed what is stored, by fingerprint: a process with another key refuses to start."""

from alembic import op

revision = "0005_add_secret_keys"
down_revision = "0004_confirm_email_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "create table secret_keys (fingerprint varchar(64) primary key, used_since timestamptz not null default now())"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table secret_keys")
