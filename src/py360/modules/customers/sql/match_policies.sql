-- A known policy of the row: is the row's term over, older than ours, or does it say something new?
update {staging} s set
  policy_id = p.id, policy_is_new = false,
  outcome = case
    when closed.policy_id is not null or s.end_date < p.end_date then 'unchanged'
    when (p.customer_id, p.premium_amount, p.start_date, p.end_date, p.renewal_date, p.policy_type)
      is distinct from
      (s.customer_id, s.premium_amount, s.start_date, s.end_date, s.renewal_date, s.policy_type::varchar)
      or coalesce(s.product_name, p.product_name) is distinct from p.product_name
      or coalesce(s.sum_insured, p.sum_insured) is distinct from p.sum_insured
      or coalesce(s.payment_frequency, p.payment_frequency) <> p.payment_frequency
      or s.details is not null and (
        coalesce(p.proposer || (jsonb_strip_nulls(s.details) -> 'proposer'), jsonb_strip_nulls(s.details) -> 'proposer', p.proposer) is distinct from p.proposer
        or coalesce(p.life_assured || (jsonb_strip_nulls(s.details) -> 'lifeAssured'), jsonb_strip_nulls(s.details) -> 'lifeAssured', p.life_assured) is distinct from p.life_assured
        or coalesce(p.channel_details || (jsonb_strip_nulls(s.details) -> 'channelDetails'), jsonb_strip_nulls(s.details) -> 'channelDetails', p.channel_details) is distinct from p.channel_details
        or exists (
          select from jsonb_array_elements(jsonb_strip_nulls(s.details) -> 'members') e
          where not exists (
            select from policy_members m where m.policy_id = p.id and lower(m.name) = lower(e ->> 'name')
              and m.relationship = e ->> 'relationship'
              and m.date_of_birth is not distinct from coalesce((e ->> 'dateOfBirth')::date, m.date_of_birth)))) then 'changed'
    else 'unchanged' end,
  outcome_code = case
    when closed.policy_id is not null then 'term_closed'
    when s.end_date < p.end_date then 'older_term' end,
  previous = jsonb_build_object(
    'customer_id', p.customer_id, 'premium_amount', p.premium_amount, 'start_date', p.start_date,
    'end_date', p.end_date, 'renewal_date', p.renewal_date, 'policy_type', p.policy_type,
    'product_name', p.product_name, 'sum_insured', p.sum_insured, 'payment_frequency', p.payment_frequency)
    || case when s.details is null then '{{}}'::jsonb else jsonb_build_object(
      'proposer', p.proposer, 'life_assured', p.life_assured, 'channel_details', p.channel_details,
      'members', (select coalesce(jsonb_agg(to_jsonb(m)), '[]'::jsonb) from policy_members m where m.policy_id = p.id)) end
from {staging} row
cross join lateral (
  select * from policies where client_id = row.client_id and policy_number = row.policy_number offset 0) p
left join cases_public_term closed
  on closed.policy_id = p.id and closed.due_date = row.renewal_date and not closed.is_open
where row.row_no = s.row_no and s.outcome <> 'failed'
