-- Insert the chunk's new policies.
insert into policies (
  id, client_id, policy_number, customer_id, policy_type, product_name, product_category, premium_amount, sum_insured,
  start_date, end_date, renewal_date, payment_frequency, inception_date, agent_id, branch_id,
  proposer, life_assured, channel_details, grace_period_days)
select
  policy_id, client_id, policy_number, customer_id, policy_type, product_name, product_category, premium_amount,
  sum_insured, start_date, end_date, renewal_date, coalesce(payment_frequency, 'annual'), inception_date, agent_id, branch_id,
  jsonb_strip_nulls(details) -> 'proposer', jsonb_strip_nulls(details) -> 'lifeAssured',
  jsonb_strip_nulls(details) -> 'channelDetails', {grace}
from {staging} s where policy_is_new
