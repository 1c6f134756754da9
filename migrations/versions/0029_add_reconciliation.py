"""Bank and settlement files, and the queue of what does not agree between the ledger, the gateway and the bank."""

from pathlib import Path

from alembic import op

revision = "0029_add_reconciliation"
down_revision = "0028_scope_audit_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table reconciliation_exceptions, statement_lines, statement_files")
