"""E-mandates: what customers authorised at a gateway, and the debits under them with their notices."""

from pathlib import Path

from alembic import op

revision = "0037_add_mandates"
down_revision = "0036_add_embeddings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table payments drop column mandate_id")
    op.execute("drop table mandate_debits, mandate_tokens, payment_mandates")
