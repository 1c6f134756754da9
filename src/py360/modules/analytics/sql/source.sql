-- What there is to count of each case, as it is now: the one definition of the dashboard's figures (ADR 91).
-- opened: the case, by the day it came; ended: by the day it was renewed, lapsed, cancelled or failed; paid: each payment
-- with money in it, by the day it came in. A message has left unless it is pending, being sent or blocked.
select c.case_id, 'opened'::varchar(6), 0::bigint, c.client_id, c.assigned_to, c.policy_id, c.due_date,
  extract(hour from c.created_at at time zone 'Asia/Kolkata')::smallint, (c.created_at at time zone 'Asia/Kolkata')::date,
  coalesce(c.node_id, 0), lower(c.policy_type), c.status::text, coalesce(c.batch_id, 0), coalesce(c.channel, '')::text,
  c.payment_frequency::text, c.term, ''::text, ''::text,
  1, c.amount::numeric(15, 2),
  (case when c.is_open and c.status <> 'payment_processed' and coalesce(money.received, 0) < coalesce(plan.due, c.amount)
        then coalesce(plan.due, c.amount) - coalesce(money.kept, 0) else 0 end)::numeric(15, 2),
  coalesce(money.kept, 0)::numeric(15, 2),
  (m.delivered > 0)::integer, (m.engaged > 0)::integer, (c.status in ('payment_processed', 'renewed'))::integer,
  0, c.total_calls, m.email_sent::integer, m.email_delivered::integer, m.email_cost::numeric(15, 4),
  m.sms_sent::integer, m.sms_delivered::integer, m.sms_cost::numeric(15, 4),
  m.whatsapp_sent::integer, m.whatsapp_delivered::integer, m.whatsapp_cost::numeric(15, 4),
  m.call_sent::integer, m.call_delivered::integer, m.call_cost::numeric(15, 4)
from cases_public_outcome c
left join lateral (select sum(i.amount) as due from payments_public_instalment i where i.case_id = c.case_id) plan on true
left join lateral (
  select sum(r.captured_amount) as received, sum(r.captured_amount - r.refunded_amount) as kept
  from payments_public_receipt r where r.case_id = c.case_id) money on true
cross join lateral (
  select count(*) filter (where status in ('delivered', 'opened', 'clicked', 'replied')) as delivered,
    count(*) filter (where status in ('opened', 'clicked', 'replied')) as engaged,
    count(*) filter (where communication_type = 'email' and status <> all (array['pending', 'sending', 'blocked'])) as email_sent,
    count(*) filter (where communication_type = 'email' and status in ('delivered', 'opened', 'clicked', 'replied')) as email_delivered,
    coalesce(sum(cost) filter (where communication_type = 'email'), 0) as email_cost,
    count(*) filter (where communication_type = 'sms' and status <> all (array['pending', 'sending', 'blocked'])) as sms_sent,
    count(*) filter (where communication_type = 'sms' and status in ('delivered', 'opened', 'clicked', 'replied')) as sms_delivered,
    coalesce(sum(cost) filter (where communication_type = 'sms'), 0) as sms_cost,
    count(*) filter (where communication_type = 'whatsapp' and status <> all (array['pending', 'sending', 'blocked'])) as whatsapp_sent,
    count(*) filter (where communication_type = 'whatsapp' and status in ('delivered', 'opened', 'clicked', 'replied')) as whatsapp_delivered,
    coalesce(sum(cost) filter (where communication_type = 'whatsapp'), 0) as whatsapp_cost,
    count(*) filter (where communication_type = 'call' and status <> all (array['pending', 'sending', 'blocked'])) as call_sent,
    count(*) filter (where communication_type = 'call' and status in ('delivered', 'opened', 'clicked', 'replied')) as call_delivered,
    coalesce(sum(cost) filter (where communication_type = 'call'), 0) as call_cost
  from messaging_public_message where case_id = c.case_id) m
union all
select c.case_id, 'ended', 0, c.client_id, c.assigned_to, c.policy_id, c.due_date,
  extract(hour from c.ended_at at time zone 'Asia/Kolkata')::smallint, (c.ended_at at time zone 'Asia/Kolkata')::date,
  coalesce(c.node_id, 0), lower(c.policy_type), c.status::text, coalesce(c.batch_id, 0), coalesce(c.channel, '')::text,
  c.payment_frequency::text, c.term, '', '',
  1, c.amount::numeric(15, 2), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.0000, 0, 0, 0.0000, 0, 0, 0.0000, 0, 0, 0.0000
from cases_public_outcome c
where c.ended_at is not null
union all
select c.case_id, 'paid', r.id, c.client_id, c.assigned_to, c.policy_id, c.due_date,
  extract(hour from r.captured_at at time zone 'Asia/Kolkata')::smallint, (r.captured_at at time zone 'Asia/Kolkata')::date,
  coalesce(c.node_id, 0), lower(c.policy_type), c.status::text, coalesce(c.batch_id, 0), coalesce(c.channel, '')::text,
  c.payment_frequency::text, c.term, lower(coalesce(r.method, '')),
  case when (r.captured_at at time zone 'Asia/Kolkata')::date < c.due_date then 'before'
       when (r.captured_at at time zone 'Asia/Kolkata')::date = c.due_date then 'on' else 'after' end,
  1, r.captured_amount::numeric(15, 2), 0, (r.captured_amount - r.refunded_amount)::numeric(15, 2), 0, 0, 0,
  (r.captured_at at time zone 'Asia/Kolkata')::date - c.due_date, 0, 0, 0, 0.0000, 0, 0, 0.0000, 0, 0, 0.0000, 0, 0, 0.0000
from payments_public_receipt r
join cases_public_outcome c on c.case_id = r.case_id
