set local lock_timeout = '4s';

-- Of messages whose opens and clicks are counted one by one.
create table message_engagement (
  message_id bigint primary key references communication_delivery_status (id) on delete cascade,
  client_id bigint not null references clients (id) on delete cascade,
  opens integer not null default 0 check (opens >= 0),
  last_opened_at timestamptz,
  clicks integer not null default 0 check (clicks >= 0),
  last_clicked_at timestamptz
);

-- The copies of a mail that a person sent, one per recipient, in the ledger of messages. `tracked`: with our pixel or links.
create table email_copies (
  message_id bigint primary key references communication_delivery_status (id) on delete cascade,
  email_id bigint not null references emails (id) on delete cascade,
  tracked boolean not null
);
create index idx_email_copies_email on email_copies (email_id);

-- Never written: what is counted stands with the copies.
alter table emails drop column open_count, drop column click_count;

-- internal_docs: the office's own; best_practices and industry_standards: of the trade (domain reference, 27).
alter table knowledge_documents add column source varchar(30) not null default 'internal_docs'
  check (source in ('internal_docs', 'best_practices', 'industry_standards'));
