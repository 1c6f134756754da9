"""People note calls, chats and visits, and star and rate what was said."""

from pathlib import Path

from alembic import op

revision = "0024_note_communications"
down_revision = "0023_add_assistant"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table case_communications")
