"""Follow-up messages of a campaign: a channel that writes after another, to those who did not answer or act."""

from alembic import op

revision = "0039_add_follow_ups"
down_revision = "0038_index_skipped_recipients"
branch_labels = None
depends_on = None

_COLUMNS = """
alter table campaigns
  add column step smallint not null default 0 check (step >= 0),
  add column follow_up_after interval,
  add column if_no_response boolean not null default false,
  add column if_no_action boolean not null default false,
  add constraint campaigns_follow_up_check check ((step > 0) = (follow_up_after is not null))
"""
_WITHOUT = """
alter table campaigns drop column if_no_action, drop column if_no_response, drop column follow_up_after, drop column step
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(_COLUMNS)


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(_WITHOUT)
