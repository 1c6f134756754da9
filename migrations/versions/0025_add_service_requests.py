"""Requests at the desks of policy servicing, new business and medical management."""

from pathlib import Path

from alembic import op

revision = "0025_add_service_requests"
down_revision = "0024_note_communications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table service_request_history")
    op.execute("drop table service_requests")
