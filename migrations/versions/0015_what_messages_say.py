"""What a message names: what is left to pay of a case, the branch and the sum insured of its policy."""

from alembic import op

revision = "0015_what_messages_say"
down_revision = "0014_won_once"
branch_labels = None
depends_on = None

CASE = """
create or replace view cases_public_case as
select c.id, c.case_number, c.client_id, c.node_id, c.assigned_to, c.customer_id, c.policy_id, p.policy_number,
       p.policy_type, p.product_name, c.status, c.closed_at is null as is_open, c.due_date, p.start_date, p.end_date,
       p.grace_period_days, p.premium_amount, c.renewal_amount, c.payment_status, c.batch_id, b.upload_id,
       a.name as agent_name, c.closed_at, c.created_at{more}
from renewal_cases c
join policies p on p.id = c.policy_id
left join upload_batches b on b.id = c.batch_id
left join identity_public_users a on a.id = c.assigned_to
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(CASE.format(more=", p.branch_id, p.sum_insured"))
    # What a case's instalments ask for (none: its own amount is due), and what came in and was not given back.
    op.execute(
        "create view payments_public_money as"
        " select case_id, amount as due, null::numeric as paid from outstanding_amounts union all"
        " select case_id, null, captured_amount - refunded_amount from payments where captured_amount > 0"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop view payments_public_money")
    op.execute("drop view cases_public_case")
    op.execute(CASE.format(more="").replace("or replace ", ""))
