"""What a campaign's message said can be read again: its template's version, and the term that the case was about."""

from alembic import op

revision = "0020_what_was_said"
down_revision = "0019_cases_are_referred_to"
branch_labels = None
depends_on = None

MESSAGE = """
create {or_replace} view messaging_public_message as
select id, client_id, case_id, customer_id, campaign_id, communication_type, purpose, recipient_contact, status, subject,
       content, sent_at, delivered_at, opened_at, clicked_at, replied_at, error_code, error_message, sent_by, created_at,
       unsubscribed_at{more}
from communication_delivery_status
"""
CASE = """
create {or_replace} view cases_public_case as
select c.id, c.case_number, c.client_id, c.node_id, c.assigned_to, c.customer_id, c.policy_id, p.policy_number,
       p.policy_type, p.product_name, c.status, c.closed_at is null as is_open, c.due_date, p.start_date, p.end_date,
       p.grace_period_days, p.premium_amount, c.renewal_amount, c.payment_status, c.batch_id, b.upload_id,
       a.name as agent_name, c.closed_at, c.created_at, p.branch_id, p.sum_insured{more}
from renewal_cases c
join policies p on p.id = c.policy_id
left join upload_batches b on b.id = c.batch_id
left join identity_public_users a on a.id = c.assigned_to
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(MESSAGE.format(or_replace="or replace", more=", template_id, template_version"))
    op.execute(CASE.format(or_replace="or replace", more=", p.renewal_date"))
    op.execute(
        "create view messaging_public_wording as select template_id, version, subject, content, format from template_versions"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop view messaging_public_wording")
    op.execute("drop view messaging_public_message")
    op.execute(MESSAGE.format(or_replace="", more=""))
    op.execute("drop view cases_public_case")
    op.execute(CASE.format(or_replace="", more=""))
