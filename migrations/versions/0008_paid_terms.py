"""Whether a term is paid: its reminders stop, although people have not finished with the case."""

from alembic import op

revision = "0008_paid_terms"
down_revision = "0007_attempts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "create or replace view cases_public_term as select policy_id, due_date, id as case_id, closed_at is null as is_open,"
        " status in ('payment_processed', 'renewed') as is_paid from renewal_cases"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop view cases_public_term")
    op.execute(
        "create view cases_public_term as select policy_id, due_date, id as case_id, closed_at is null as is_open from renewal_cases"
    )
