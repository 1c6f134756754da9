-- Put back what an import changed in policies of an import that is undone.
update policies p set
  customer_id = (t.previous ->> 'customer_id')::bigint, premium_amount = (t.previous ->> 'premium_amount')::numeric,
  start_date = (t.previous ->> 'start_date')::date, end_date = (t.previous ->> 'end_date')::date,
  renewal_date = (t.previous ->> 'renewal_date')::date, policy_type = t.previous ->> 'policy_type',
  product_name = t.previous ->> 'product_name', sum_insured = (t.previous ->> 'sum_insured')::numeric,
  payment_frequency = t.previous ->> 'payment_frequency',
  proposer = case when t.previous ? 'members' then nullif(t.previous -> 'proposer', 'null') else p.proposer end,
  life_assured = case when t.previous ? 'members' then nullif(t.previous -> 'life_assured', 'null') else p.life_assured end,
  channel_details = case when t.previous ? 'members' then nullif(t.previous -> 'channel_details', 'null') else p.channel_details end,
  version = p.version + 1
from {table} t
where p.id = t.policy_id and not t.policy_is_new and t.kept is null and t.previous ? 'premium_amount'
