"""A receipt by hand is taken back with its reason, like a refund: it went through no gateway and has no attempt there."""

from alembic import op

revision = "0045_take_back_receipts"
down_revision = "0044_note_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "alter table payment_refunds alter column provider_id drop not null, alter column attempt_id drop not null"
    )
    op.execute(
        "alter table payment_refunds add constraint payment_refunds_by_hand_check"
        " check ((provider_id is null) = (attempt_id is null) and (provider_id is not null or payment_id is not null))"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table payment_refunds drop constraint payment_refunds_by_hand_check")
    op.execute("delete from payment_refunds where provider_id is null")
    op.execute(
        "alter table payment_refunds alter column provider_id set not null, alter column attempt_id set not null"
    )
