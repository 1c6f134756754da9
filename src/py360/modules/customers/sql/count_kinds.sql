-- What a customer turned to the office about, by kind, with the last time (domain reference, section 4): from calls, chats and
-- visits that were noted, from tags of messages, and from the customer's mails. What names no kind is an inquiry, if it came in.
with said as (
  select n.direction, n.call_type, n.tags, n.claim_number, 'uncategorized' as category, n.occurred_at as at
  from cases_public_communication n
  where n.customer_id = %(id)s and n.policy_id = any(%(policies)s) and n.mail_id is null
  union all
  select 'inbound', n.call_type, coalesce(n.tags, m.tags), n.claim_number, m.category, m.received_at
  from cases_public_case k join inbox_public_mail m on m.case_id = k.id
  left join cases_public_communication n on n.mail_id = m.id
  where k.customer_id = %(id)s and k.policy_id = any(%(policies)s)
), judged as (
  select at, case
    when call_type = 'complaint' or category = 'complaint' or tags && array['complaint', 'complaints'] then 'complaints'
    when category = 'refund' or tags && array['billing', 'payment', 'premium', 'refund'] then 'billing'
    when claim_number is not null or tags && array['coverage', 'cover', 'policy', 'claim'] then 'coverage'
    when direction = 'inbound' or call_type in ('inquiry', 'consultation') then 'inquiries' end as kind
  from (select direction, call_type, claim_number, category, at, array(select lower(t) from unnest(tags) t) as tags from said) s
)
select kind, count(*)::integer as count, max(at) as last_at from judged where kind is not null group by kind
