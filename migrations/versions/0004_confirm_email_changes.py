"""A new e-mail address of a user waits until its owner has opened the link that was sent to it."""

from alembic import op

revision = "0004_confirm_email_changes"
down_revision = "0003_seal_idempotency_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "alter table users add column pending_email varchar(255), add column email_change_token varchar(255),"
        " add column email_change_expires timestamptz"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "alter table users drop column pending_email, drop column email_change_token, drop column email_change_expires"
    )
