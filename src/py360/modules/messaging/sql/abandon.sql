-- Settles messages that a dead worker left `sending`: one that was handed over may have been sent (`unknown`), one that was
-- only claimed was not (`blocked`, code `withheld`; it may be sent again). Braces: the condition that chooses them.
update communication_delivery_status l set
  status = case when handed_over_at is null then 'blocked' else 'unknown' end,
  attempts = case when handed_over_at is null then 0 else attempts end,
  last_attempt_at = case when handed_over_at is null then null else last_attempt_at end,
  error_code = case when handed_over_at is null then 'withheld' else 'worker_died' end,
  error_message = case when handed_over_at is null then 'The worker stopped before this message left. It was not sent.'
    else 'The worker stopped while this message was on its way. It may have been sent.' end
from (
  select id from communication_delivery_status where status = 'sending' and {which} order by id for no key update
) lost
where l.id = lost.id
returning l.id as message_id, l.client_id, l.campaign_id, l.communication_type as channel, l.recipient_contact as contact,
  l.provider_id
