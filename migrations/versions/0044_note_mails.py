"""A customer's mail on the page of its case can be starred, rated and tagged like any other communication."""

from alembic import op

revision = "0044_note_mails"
down_revision = "0043_stage_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "alter table case_communications add column mail_id bigint unique references emails (id) on delete cascade"
    )
    op.execute(
        "create index idx_case_communications_rated on case_communications (client_id, occurred_at) where satisfaction is not null"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_case_communications_rated")
    op.execute("alter table case_communications drop column mail_id")
