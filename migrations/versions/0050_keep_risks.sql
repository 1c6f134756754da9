set local lock_timeout = '4s';

-- How risky a customer's life is, as it was assessed last, with what took points off.
create table customer_risks (
  customer_id bigint primary key references customers (id) on delete cascade,
  client_id bigint not null references clients (id) on delete cascade,
  category varchar(10) not null check (category in ('safe', 'medium', 'high')),
  score smallint not null check (score between 0 and 100),
  factors jsonb not null,
  assessed_by bigint references users (id) on delete set null,
  assessed_at timestamptz not null
);
create index idx_customer_risks_score on customer_risks (client_id, score, customer_id);
