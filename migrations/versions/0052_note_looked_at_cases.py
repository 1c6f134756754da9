"""What is known of a case says which state of the case it was taken from."""

from alembic import op

revision = "0052_note_looked_at_cases"
down_revision = "0051_index_mails_by_arrival"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table case_features add column case_updated_at timestamptz")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table case_features drop column case_updated_at")
