"""What a file had said of what was corrected by hand since: the same file again does not undo the correction."""

from alembic import op

revision = "0018_corrected_by_hand"
down_revision = "0017_customers_by_name"
branch_labels = None
depends_on = None

# By column, as text. The few that have one are found without reading the others.
KEYS = {"customers": "id", "policies": "policy_number", "renewal_cases": "policy_id"}


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for table, key in KEYS.items():
        op.execute(f"alter table {table} add column corrected jsonb")
        op.execute(f"create index idx_{table}_corrected on {table} ({key}) where corrected is not null")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for table in KEYS:
        op.execute(f"alter table {table} drop column corrected")
