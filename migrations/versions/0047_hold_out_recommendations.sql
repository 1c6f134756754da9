set local lock_timeout = '4s';

-- Customers may be held out, to measure what recommendations achieve: what they would have been shown is kept as `held_out`, and
-- shown nowhere. `held_out` is the group that the customer was drawn into, null where nobody was held out then.
alter table recommendations
  add column held_out boolean,
  add column policy_id bigint references policies (id) on delete set null,  -- of that kind, begun afterwards
  add column bought_premium numeric(12, 2),  -- INR, of that policy
  drop constraint recommendations_status_check,
  add constraint recommendations_status_check check (status in ('held_out', 'shown', 'accepted', 'declined', 'converted'));
drop index idx_recommendations_open;
create unique index idx_recommendations_open on recommendations (customer_id, rule) where status in ('held_out', 'shown', 'accepted');
create index idx_recommendations_customer on recommendations (customer_id, id);
create index idx_recommendations_policy on recommendations (policy_id) where policy_id is not null;
create index idx_renewal_predictions_held_out on renewal_predictions (client_id, case_id) where held_out;
