"""Tables of the later modules: mailbox, chats, claims, surveys, profiles, channels, vendors, assistant, DNC paperwork.

They come now so that later modules extend, never rename (specification, "Database Schema"; domain reference, section 32).
"""

from pathlib import Path

from alembic import op

revision = "0002_later_modules"
down_revision = "0001_core"
branch_labels = None
depends_on = None

VIEWS = (
    "organization_public_homes",
    "identity_public_users",
    "dnc_recent_activities",
    "dnc_client_summary",
    "dnc_active_entries",
)

# The reverse of their creation, so that what refers goes before what it refers to.
TABLES = (
    "data_retention_policies",
    "system_alerts",
    "dnc_deduplication_log",
    "dnc_government_sync_log",
    "dnc_compliance_reports",
    "ai_settings",
    "vendor_communications",
    "channels",
    "platform_verifications",
    "social_media_integrations",
    "customer_profiles",
    "survey_responses",
    "surveys",
    "claim_history",
    "claims",
    "whatsapp_messages",
    "emails",
    "email_threads",
    "email_accounts",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for view in VIEWS:
        op.execute(f"drop view {view}")
    for table in TABLES:
        op.execute(f"drop table {table}")
