"""Embeddings of passages, where the database has pgvector."""

from pathlib import Path

from alembic import op

revision = "0036_add_embeddings"
down_revision = "0035_add_assistant_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table if exists knowledge_embeddings")
