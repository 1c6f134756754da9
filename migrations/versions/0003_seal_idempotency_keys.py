"""Answers kept under an Idempotency-Key are sealed, and a key is free again when the request that took it died."""

from alembic import op

revision = "0003_seal_idempotency_keys"
down_revision = "0002_give_organization_clients"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("delete from idempotency_keys")  # answers in clear; a key is kept for a day at most
    op.execute(
        "alter table idempotency_keys drop column response_headers, drop column response_body,"
        " add column response_sealed text, add column locked_until timestamptz not null default now()"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("delete from idempotency_keys")
    op.execute(
        "alter table idempotency_keys drop column response_sealed, drop column locked_until,"
        " add column response_headers jsonb, add column response_body bytea"
    )
