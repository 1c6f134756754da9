"""How likely each case is to lapse: what was known of it, the models, and what they predict; since when a policy is held."""

from pathlib import Path

from alembic import op

revision = "0020_add_renewal_predictions"
down_revision = "0019_schedule_renewals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table renewal_predictions, renewal_models, case_features")
    op.execute("alter table policies drop column inception_date cascade")
    op.execute("alter table upload_staging drop column inception_date")
