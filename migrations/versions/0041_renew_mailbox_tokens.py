"""Mailboxes whose tokens are renewed elsewhere than at Google or Microsoft, and mails that a language model classified."""

from alembic import op

revision = "0041_renew_mailbox_tokens"
down_revision = "0040_keep_replies"
branch_labels = None
depends_on = None

_CHECK = "alter table emails drop constraint emails_classified_by_check, add constraint emails_classified_by_check check (classified_by in ({}))"


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table email_accounts add column token_url varchar(500)")
    op.execute(_CHECK.format("'rules', 'model', 'language_model', 'person'"))


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("update emails set classified_by = 'model' where classified_by = 'language_model'")
    op.execute(_CHECK.format("'rules', 'model', 'person'"))
    op.execute("alter table email_accounts drop column token_url")
