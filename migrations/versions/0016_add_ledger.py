"""A double-entry ledger under the payments: entries whose lines balance, checked at each commit."""

from pathlib import Path

from alembic import op

revision = "0016_add_ledger"
down_revision = "0015_add_analytics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table ledger_lines, ledger_entries")
    op.execute("drop function check_ledger_entry, refuse_ledger_change")
