-- What each credit of a bank file is, in this order:
--   duplicate   a line with the same reference and amount is applied already, or stands above it in the file; or the office has
--               recorded a receipt with this reference by hand, which was not declined
--   settlement  a gateway's settlement with this reference, or whose number the narration names
--   matched     the narration names one policy or case of the client
-- The rest stays unmatched.
with credits as (
  select * from statement_lines where file_id = %(file_id)s and kind = 'credit' and outcome = 'unmatched'
), twins as (
  select c.id, exists (
      select from statement_lines o join statement_files f on f.id = o.file_id
      where o.client_id = c.client_id and o.kind = 'credit' and o.subject in (c.subject, upper(c.subject), lower(c.subject)) and o.amount = c.amount and o.id <> c.id
        and (f.status = 'applied' or o.file_id = c.file_id and o.row_no < c.row_no)) as is_twin,
    (select min(p.id) from payments p where p.client_id = c.client_id and p.gateway = 'manual' and p.status <> 'failed' and p.reference in (c.utr, upper(c.utr), lower(c.utr))
      and p.amount = c.amount) as payment_id
  from credits c
), keys as (  -- what each credit may name; the references and the words are looked up by index, each by itself
  select id, client_id, unnest(words || coalesce(utr, '')) as word from credits
), settled as (
  select named.id, min(s.settlement) as settlement
  from (
    select k.id, s.id as line_id from keys k join statement_lines s on s.client_id = k.client_id and s.utr = k.word
    union all
    select k.id, s.id from keys k join statement_lines s on s.client_id = k.client_id and s.settlement = k.word
  ) named
  join statement_lines s on s.id = named.line_id and s.settlement is not null
  join statement_files f on f.id = s.file_id and f.status = 'applied' and f.kind = 'settlement'
  group by named.id
), named as (
  select id, count(distinct policy_id) as policies,
    (array_agg(case_id order by is_open desc, due_date desc, case_id desc))[1] as case_id
  from (
    select k.id, c.id as case_id, c.policy_id, c.is_open, c.due_date
    from keys k join cases_public_case c on c.policy_number = k.word and c.client_id = k.client_id
    union all
    select k.id, c.id, c.policy_id, c.is_open, c.due_date
    from keys k join cases_public_case c on c.case_number = upper(k.word) and c.client_id = k.client_id
  ) found
  group by id
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
