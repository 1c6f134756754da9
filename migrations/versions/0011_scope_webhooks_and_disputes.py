"""Webhook events belong to an account; disputes, fees and what was paid too much are booked."""

from pathlib import Path

from alembic import op

revision = "0011_scope_webhooks_and_disputes"
down_revision = "0010_index_other_spellings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table payment_disputes")
    op.execute(
        "alter table payments drop column excess_amount, drop column charged_back_amount, drop column disputed_amount"
    )
    op.execute("alter table payment_attempts drop column fee")
    op.execute("alter table payment_attempts rename column suspicious to held")
    op.execute("alter table webhook_inbox drop constraint webhook_inbox_once, drop column account_id")
    op.execute(
        "delete from webhook_inbox w using webhook_inbox o where o.vendor = w.vendor and o.event_id = w.event_id and o.id < w.id"
    )
    op.execute("alter table webhook_inbox add unique (vendor, event_id)")
