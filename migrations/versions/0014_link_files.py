"""Files belong to a client and to a record of it, and say what they are to that record."""

from alembic import op

revision = "0014_link_files"
down_revision = "0013_rename_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "alter table files add column document_type varchar(60), alter column client_id set not null,"
        " alter column entity_type set not null, alter column entity_id set not null"
    )
    op.execute("create index idx_files_client on files (client_id)")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_files_client")
    op.execute(
        "alter table files drop column document_type, alter column client_id drop not null,"
        " alter column entity_type drop not null, alter column entity_id drop not null"
    )
