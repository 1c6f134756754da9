-- Write what a row says that is new. A correction of a field that the file has changed since is forgotten.
update policies p set
  customer_id = s.customer_id, premium_amount = s.premium_amount, start_date = s.start_date, end_date = s.end_date,
  renewal_date = s.renewal_date, policy_type = s.policy_type,
  product_name = coalesce(s.product_name, p.product_name),
  product_category = coalesce(s.product_category, p.product_category),
  sum_insured = coalesce(s.sum_insured, p.sum_insured),
  payment_frequency = coalesce(s.payment_frequency, p.payment_frequency),
  grace_period_days = case when p.grace_is_own then p.grace_period_days else {grace} end,
  proposer = coalesce(p.proposer || (jsonb_strip_nulls(s.details) -> 'proposer'), jsonb_strip_nulls(s.details) -> 'proposer', p.proposer),
  life_assured = coalesce(p.life_assured || (jsonb_strip_nulls(s.details) -> 'lifeAssured'), jsonb_strip_nulls(s.details) -> 'lifeAssured', p.life_assured),
  channel_details = coalesce(p.channel_details || (jsonb_strip_nulls(s.details) -> 'channelDetails'), jsonb_strip_nulls(s.details) -> 'channelDetails', p.channel_details),
  inception_date = coalesce(p.inception_date, s.inception_date),
  corrected = case when s.renewal_date = p.renewal_date then {forgotten} end,
  status = 'active', version = p.version + 1
from {staging} s
where s.policy_id = p.id and s.outcome = 'changed'
