"""The tree as it was, for figures of past periods; channels belong to a client."""

from pathlib import Path

from alembic import op

revision = "0031_date_organization"
down_revision = "0030_add_mailboxes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_channels_name")
    op.execute("delete from channels c using channels o where lower(o.name) = lower(c.name) and o.id < c.id")
    op.execute("alter table channels drop column client_id, drop column version")
    op.execute("create unique index idx_channels_name on channels (lower(name))")
    op.execute("drop table dated_paths")
