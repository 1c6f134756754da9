"""The audit log says whose client a change was made for, and is read newest first."""

from alembic import op

revision = "0028_scope_audit_log"
down_revision = "0027_assign_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table audit_logs add column client_id bigint references clients (id) on delete restrict")
    op.execute("create index idx_audit_logs_client on audit_logs (client_id, id)")
    op.execute(
        "create index idx_audit_logs_entity on audit_logs (entity_type, entity_id, id) where entity_id is not null"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_audit_logs_entity, idx_audit_logs_client")
    op.execute("alter table audit_logs drop column client_id")
