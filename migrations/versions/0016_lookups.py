"""What other modules look up, as views: whose a client is, where a branch stands, what a template is called (ADR 40)."""

from alembic import op

revision = "0016_lookups"
down_revision = "0015_what_messages_say"
branch_labels = None
depends_on = None

# All of one table, so that the planner takes them for it.
VIEWS = {
    "identity_public_client": "select id, client_code, client_name, contact_phone from clients",
    "organization_public_node": "select id, path from organizational_hierarchy",
    "organization_public_branch": "select id, name, hierarchy_node_id from branches",
    "messaging_public_template": "select id, name, template_type, dlt_template_id from templates",
    "messaging_public_provider": "select id, name from providers",
    "cases_public_standing": (
        "select id, client_id, node_id, assigned_to, batch_id, status, payment_status, renewal_amount from renewal_cases"
    ),
    "uploads_public_upload": "select id, original_filename from file_uploads",
}
MESSAGE = """
create {or_replace} view messaging_public_message as
select id, client_id, case_id, customer_id, campaign_id, communication_type, purpose, recipient_contact, status, subject,
       content, sent_at, delivered_at, opened_at, clicked_at, replied_at, error_code, error_message, sent_by, created_at{more}
from communication_delivery_status
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for name, query in VIEWS.items():
        op.execute(f"create view {name} as {query}")
    op.execute(MESSAGE.format(or_replace="or replace", more=", unsubscribed_at"))


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for name in VIEWS:
        op.execute(f"drop view {name}")
    op.execute("drop view messaging_public_message")
    op.execute(MESSAGE.format(or_replace="", more=""))
