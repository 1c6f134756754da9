"""How far a campaign is, and the ledger by age."""

from alembic import op

revision = "0005_sending"
down_revision = "0004_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    # Recipients that need nothing any more. The other counters cannot be summed up: a message that was sent may fail later.
    op.execute("alter table campaigns add column settled_count integer not null default 0")
    op.execute(
        "update campaigns c set settled_count = s.people from (select campaign_id, count(*) as people"
        " from campaign_recipients where status not in ('pending', 'claimed') group by campaign_id) s where s.campaign_id = c.id"
    )
    # For the look after single messages of dead workers every minute. BRIN: an update of a message does not touch it.
    op.execute("create index idx_delivery_created on communication_delivery_status using brin (created_at)")


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_delivery_created")
    op.execute("alter table campaigns drop column settled_count")
