"""What a database is made of, to compare two."""

import psycopg

# All that a database is made of, but not the order of its columns.
_PARTS = """
select 'column', table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)
from information_schema.columns where table_schema = 'public'
union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
union all select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) from pg_constraint
  where connamespace = 'public'::regnamespace
union all select 'view', viewname, definition from pg_views where schemaname = 'public'
union all select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
order by 1, 2
"""


def parts(connection: psycopg.Connection[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Columns, indexes, constraints, views and triggers. The text of lists of values is left out: pg_dump spells them another way."""
    rows = connection.execute(_PARTS).fetchall()
    return {(kind, name, "" if "ARRAY[" in text else text) for kind, name, text in rows}
