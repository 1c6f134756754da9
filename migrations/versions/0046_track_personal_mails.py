"""Opens and clicks of mails that people wrote are counted; documents of the knowledge base say where they come from."""

from pathlib import Path

from alembic import op

revision = "0046_track_personal_mails"
down_revision = "0045_take_back_receipts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table knowledge_documents drop column source")
    op.execute(
        "alter table emails add column open_count integer not null default 0,"
        " add column click_count integer not null default 0"
    )
    op.execute("drop table email_copies, message_engagement")
