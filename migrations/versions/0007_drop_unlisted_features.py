"""Features that no route checks are no longer listed, so roles and users no longer name them."""

from alembic import op

revision = "0007_drop_unlisted_features"
down_revision = "0006_note_hand_over"
branch_labels = None
depends_on = None

UNLISTED = (
    "emails:inbox-access", "emails:composition", "emails:template-management", "emails:bulk-operations",
    "emails:analytics-access", "policy-timeline:ai", "dashboard:channels", "billing:vendors",
)  # fmt: skip


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    names = ", ".join(f"'{name}'" for name in UNLISTED)
    for table, column in (("roles", "permissions"), ("users", "granted_permissions"), ("users", "revoked_permissions")):
        op.execute(f"update {table} set {column} = {column} - array[{names}] where {column} ?| array[{names}]")


def downgrade() -> None:
    """Nothing: the older version knows every name that is left."""
