-- What became of the messages of a batch, recipient by recipient. Recipients that another run has settled meanwhile stay.
update campaign_recipients r set status = d.status, claimed_until = d.not_before, sent_at = d.sent_at, error_message = d.error,
  attempts = coalesce(d.attempts, r.attempts), message_id = case when d.status <> 'pending' then r.message_id end
from (
  select d.* from campaign_recipients locked
  join jsonb_to_recordset(%(rows)s::jsonb) as d (id bigint, message_id bigint, status text, sent_at timestamptz, error text,
    attempts smallint, not_before timestamptz) on d.id = locked.id
  order by locked.id for no key update of locked) d
where r.id = d.id and r.status = 'claimed' and r.message_id = d.message_id
returning r.status, r.case_id
