"""The dashboard's roll-ups: which cases changed, what was counted of each case, the sums; and the metrics that users compose."""

from pathlib import Path

from alembic import op

revision = "0015_add_analytics"
down_revision = "0014_link_files"
branch_labels = None
depends_on = None

_TRIGGERED = ("renewal_cases", "policies", "outstanding_amounts", "payments", "communication_delivery_status")


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for table in _TRIGGERED:
        for operation in ("insert", "update", "delete"):
            op.execute(f"drop trigger if exists note_analytics_{operation} on {table}")
    for function in ("case_rows()", "cases()", "policies()", "messages()", "case_ids(bigint[])"):
        op.execute(f"drop function note_analytics_{function}")
    op.execute("drop table dashboard_metrics, analytics_cells, analytics_facts, analytics_changes")
