"""An import that writes each row once: staged rows start as new, with their numbers."""

from pathlib import Path

from alembic import op

revision = "0006_lean_import"
down_revision = "0005_sending"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for name in ("customer", "policy", "case"):
        op.execute(f"alter table upload_staging alter {name}_id drop default, alter {name}_is_new set default false")
    op.execute("alter table upload_staging alter outcome drop default")
    op.execute("alter index idx_renewal_cases_policy rename to renewal_cases_policy_id_due_date_key")
    op.execute("create index idx_renewal_cases_policy on renewal_cases (policy_id)")
