-- What each credit of a bank file is, in this order:
--   duplicate   a line with the same reference and amount is applied already, or stands above it in the file; or the office has
--               recorded a receipt with this reference by hand
--   settlement  a gateway's settlement with this reference, or whose number the narration names
--   matched     the narration names one policy or case of the client
-- The rest stays unmatched.
with credits as (
  select * from statement_lines where file_id = %(file_id)s and kind = 'credit' and outcome = 'unmatched'
), twins as (
  select c.id, exists (
      select from statement_lines o join statement_files f on f.id = o.file_id
      where o.client_id = c.client_id and o.kind = 'credit' and o.subject = c.subject and o.amount = c.amount and o.id <> c.id
        and (f.status = 'applied' or o.file_id = c.file_id and o.row_no < c.row_no)) as is_twin,
    (select min(p.id) from payments p where p.client_id = c.client_id and p.gateway = 'manual' and p.reference = c.utr
      and p.amount = c.amount) as payment_id
  from credits c
), settled as (
  select c.id, min(s.settlement) as settlement from credits c
  join statement_lines s on s.client_id = c.client_id and s.settlement is not null
    and (s.utr = c.utr or s.utr = any(c.words) or s.settlement = any(c.words))
  join statement_files f on f.id = s.file_id and f.status = 'applied' and f.kind = 'settlement'
  group by c.id
), named as (
  select c.id, count(distinct k.policy_id) as policies,
    (array_agg(k.id order by k.is_open desc, k.due_date desc, k.id desc))[1] as case_id
  from credits c
  join lateral unnest(c.words) word on true
  join cases_public_case k on k.client_id = c.client_id and (k.policy_number = word or k.case_number = upper(word))
  group by c.id
), found as (
  select c.id,
    case when t.is_twin or t.payment_id is not null then 'duplicate' when s.settlement is not null then 'settlement'
      when n.policies = 1 then 'matched' else 'unmatched' end as outcome,
    case when t.is_twin then 'This reference and amount are in the books already.'
      when t.payment_id is not null then 'It is recorded already as pay-' || t.payment_id || '.'
      when s.settlement is not null then null
      when n.policies > 1 then 'It names several policies.'
      when n.policies is null then 'It names no policy and no case.' end as problem,
    s.settlement, case when n.policies = 1 then n.case_id end as case_id
  from credits c join twins t using (id) left join settled s using (id) left join named n using (id)
)
update statement_lines l set outcome = f.outcome, problem = f.problem, settlement = f.settlement,
  case_id = case when f.outcome = 'matched' then f.case_id end
from found f where l.id = f.id
