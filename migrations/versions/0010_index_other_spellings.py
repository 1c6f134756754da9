"""Policy numbers and customer codes that are not spelled as usual are found by what makes them the same."""

from alembic import op

revision = "0010_index_other_spellings"
down_revision = "0009_note_stalled_campaigns"
branch_labels = None
depends_on = None

# In capitals, without spaces, every dash a hyphen: as `uploads.importer.cells.texts.key_of` has it.
FUNCTION = """
create function identifier_key(text) returns text language sql immutable strict parallel safe
as $$ select upper(translate($1, '‐‑‒–—―− ', '-------')) $$
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(FUNCTION)
    for table, column in (("policies", "policy_number"), ("customers", "customer_code")):
        op.execute(
            f"create index idx_{table}_other_spellings on {table} (client_id, identifier_key({column}))"
            f" where {column} <> identifier_key({column})"
        )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for table in ("policies", "customers"):
        op.execute(f"drop index idx_{table}_other_spellings")
    op.execute("drop function identifier_key(text)")
