-- The conversations of a batch: new ones, and what the batch adds to those that are there.
insert into email_threads (client_id, account_id, thread_id, subject, subject_key, participants, message_count,
  last_message_at, customer_id, case_id)
select %(client)s, %(account)s, t.thread_id, t.subject, t.subject_key, t.participants, t.added, t.last_message_at,
  t.customer_id, t.case_id
from jsonb_to_recordset(%(threads)s) as t (thread_id text, subject text, subject_key text, participants text[],
  added integer, last_message_at timestamptz, customer_id bigint, case_id bigint)
on conflict (account_id, thread_id) do update set
  participants = excluded.participants,
  message_count = email_threads.message_count + excluded.message_count,
  last_message_at = greatest(email_threads.last_message_at, excluded.last_message_at),
  customer_id = coalesce(email_threads.customer_id, excluded.customer_id),
  case_id = coalesce(email_threads.case_id, excluded.case_id)
