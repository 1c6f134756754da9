"""The organisation tree belongs to a client; policy numbers, customer codes and branch codes are unique within one."""

from pathlib import Path

from alembic import op

revision = "0002_give_organization_clients"
down_revision = "0001_baseline"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Fails where two clients use one number by now: the older version cannot hold both."""
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table branches drop constraint branches_node_of_client_fkey")
    op.execute("alter table organizational_hierarchy drop constraint organizational_hierarchy_parent_of_client_fkey")
    op.execute("drop index idx_hierarchy_sibling_name, idx_hierarchy_client")
    op.execute("alter table organizational_hierarchy drop constraint organizational_hierarchy_id_client_id_key")
    op.execute("alter table organizational_hierarchy drop column client_id")
    op.execute("alter table branches drop constraint branches_code_key")
    op.execute("alter table branches drop column client_id")
    op.execute("alter table branches add constraint branches_code_key unique (code)")
    op.execute(
        "create unique index idx_hierarchy_sibling_name on organizational_hierarchy (coalesce(parent_id, 0), lower(name))"
    )
    for table, column in (("policies", "policy_number"), ("customers", "customer_code")):
        op.execute(f"alter table {table} drop constraint {table}_{column}_key")
        op.execute(f"alter table {table} add constraint {table}_{column}_key unique ({column})")
