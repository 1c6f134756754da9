"""Files may say who proposes a policy, whose life it insures, who its members are, and through whom it was sold."""

from alembic import op

revision = "0043_stage_people"
down_revision = "0042_index_predictions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table upload_staging add column details jsonb")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table upload_staging drop column details")
