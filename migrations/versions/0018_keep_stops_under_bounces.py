"""A STOP that comes while an address is on the suppression list for another reason is kept beside that reason."""

from alembic import op

revision = "0018_keep_stops_under_bounces"
down_revision = "0017_add_claim_workflow"
branch_labels = None
depends_on = None

# Of those on file the consent tells what the other entries hid: the newest word about the channel is an opt-out.
_FROM_CONSENTS = """
update suppressions s
set stop_reason = case when s.channel = 'email' then 'unsubscribe' else 'stop' end, stopped_at = said.recorded_at
from (
  select distinct on (p.client_id, o.channel, contact) p.client_id, o.channel, contact, o.state, o.recorded_at
  from consents o
  join customers p on p.id = o.customer_id
  cross join lateral (select case when o.channel = 'email' then p.email else p.phone end as contact) c
  where o.purpose = 'service' and o.source in ('stop', 'unsubscribe', 'complaint', 'start', 'vendor')
  order by p.client_id, o.channel, contact, o.id desc
) said
where s.reason in ('hard_bounce', 'manual') and said.state = 'opted_out'
  and said.client_id = s.client_id and said.channel = s.channel and said.contact = s.contact
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "alter table suppressions add column stopped_at timestamptz,"
        " add column stop_reason varchar(30) check (stop_reason in ('complaint', 'unsubscribe', 'stop')),"
        " add check ((stopped_at is null) = (stop_reason is null))"
    )
    op.execute(
        "update suppressions set stopped_at = created_at, stop_reason = reason"
        " where reason in ('complaint', 'unsubscribe', 'stop')"
    )
    op.execute(_FROM_CONSENTS)


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table suppressions drop column stopped_at, drop column stop_reason")
