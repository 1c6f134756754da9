-- Recipients whose lease ran out follow their message in the ledger, where messaging has decided: never handed over is back in
-- the plan, a recorded answer counts, and the rest is unknown.
with lost as (
  select r.id, m.status as ledger, m.sent_at, m.error_message
  from campaign_recipients r left join messaging_public_message m on m.id = r.message_id
  where r.id = any(%(lost)s) and r.status = 'claimed' and r.claimed_until < %(now)s
  order by r.id for no key update of r
)
update campaign_recipients r set
  status = case
    when l.ledger is null or l.ledger = 'blocked' then 'pending'
    when l.ledger in ('sending', 'unknown') then 'unknown'
    when l.ledger in ('failed', 'bounced') and l.sent_at is null then l.ledger
    else 'sent' end,
  claimed_until = null, sent_at = l.sent_at,
  message_id = case when l.ledger <> 'blocked' then r.message_id end,
  error_message = case
    when l.ledger in ('sending', 'unknown') then 'The worker stopped while this message was on its way'
    when l.ledger <> 'blocked' then l.error_message end
from lost l where r.id = l.id
returning r.status, r.case_id
