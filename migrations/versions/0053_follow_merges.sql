set local lock_timeout = '4s';

-- made_for: the customer before a merge, where customer_id is the one who is kept. is_duplicate: the kept customer has an open
-- recommendation of the same rule; it is counted and shown nowhere, and waits for the merge to be undone.
alter table recommendations
  add column made_for bigint references customers (id) on delete cascade,
  add column is_duplicate boolean not null default false;
create index idx_recommendations_made_for on recommendations (made_for) where made_for is not null;
drop index idx_recommendations_open;
create unique index idx_recommendations_open on recommendations (customer_id, rule)
  where status in ('held_out', 'shown', 'accepted') and not is_duplicate;

-- The same of risks: a customer has one of their own, or that of one who was merged into them.
alter table customer_risks drop constraint customer_risks_pkey;
alter table customer_risks
  add column id bigint generated always as identity primary key,
  add column made_for bigint references customers (id) on delete cascade,
  add column is_duplicate boolean not null default false;
create unique index idx_customer_risks_customer on customer_risks (customer_id) where not is_duplicate;
create index idx_customer_risks_of on customer_risks (customer_id);
create index idx_customer_risks_made_for on customer_risks (made_for) where made_for is not null;
