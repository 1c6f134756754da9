"""Keys by which the office's own assistants use the read tools."""

from pathlib import Path

from alembic import op

revision = "0035_add_assistant_keys"
down_revision = "0034_add_audiences"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table assistant_keys")
