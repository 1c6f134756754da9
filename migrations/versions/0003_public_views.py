"""Public views: what every module may read of another (house, 4.4). Each is tested by its owner; append yours.

A view stands in the SQL file and, in the reverse order of creation, in VIEWS.
"""

from pathlib import Path

from alembic import op

revision = "0003_public_views"
down_revision = "0002_later_modules"
branch_labels = None
depends_on = None

VIEWS = ("messaging_public_message", "cases_public_case", "customers_public_contact")


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for view in VIEWS:
        op.execute(f"drop view {view}")
