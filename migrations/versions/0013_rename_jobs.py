"""Jobs that wait under a name of version 0.1.0 run under today's; live updates that wait are dropped, for they may be lost."""

from alembic import op

revision = "0013_rename_jobs"
down_revision = "0012_add_whatsapp_windows"
branch_labels = None
depends_on = None

RENAMED = {"campaigns.case_renewed": "campaigns.recount_conversions"}
# A new client's accounts and templates are made again at the start.
DROPPED = (
    "cases.announce", "notifications.tell", "payments.announce", "uploads.tell", "messaging.client_added",
    "payments.client_added",
)  # fmt: skip


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for old, new in RENAMED.items():
        op.execute(f"update procrastinate_jobs set task_name = '{new}' where task_name = '{old}' and status = 'todo'")
    dropped = ", ".join(f"'{name}'" for name in DROPPED)
    op.execute(f"delete from procrastinate_jobs where task_name in ({dropped}) and status = 'todo'")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for old, new in RENAMED.items():
        op.execute(f"update procrastinate_jobs set task_name = '{old}' where task_name = '{new}' and status = 'todo'")
