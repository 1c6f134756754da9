-- Follow-ups that mails of an account (%(account)s) answer: in the same conversation, later than what is followed up (by the
-- mail server's clock, which may be late), and from whom that was from or to, or from another address of the same customer. A third
-- person's mail answers for no one.
with ended as (
update emails e set follow_up_at = null, follow_up_note = null, follow_up_by = null, version = e.version + 1
from unnest(%(threads)s::text[], %(senders)s::text[], %(customers)s::bigint[], %(moments)s::timestamptz[])
  as a (thread_id, sender, customer_id, at)
where e.account_id = %(account)s and e.thread_id = a.thread_id and e.follow_up_at is not null and e.received_at < a.at + interval '5 minutes'
  and (e.customer_id = a.customer_id
    or e.direction = 'inbound' and a.sender in (lower(e.from_email), lower(e.reply_to))
    or e.direction = 'outbound' and a.sender = any(string_to_array(lower(e.to_email), ', ')))
returning e.id
)
insert into email_events (email_id, event) select id, 'follow_up_answered' from ended
