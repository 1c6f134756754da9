"""A template's name is good as its id in the API, so no two that can be sent may share one."""

from alembic import op

revision = "0012_template_names"
down_revision = "0011_whole_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "update templates t set name = left(name, 230) || ' (' || id || ')' where status <> 'archived' and exists ("
        " select from templates o where o.client_id = t.client_id and o.template_type = t.template_type"
        " and lower(o.name) = lower(t.name) and o.language = t.language and o.status <> 'archived' and o.id < t.id)"
    )
    op.execute(
        "create unique index idx_templates_one_name on templates (client_id, template_type, lower(name), language)"
        " where status <> 'archived'"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_templates_one_name")
