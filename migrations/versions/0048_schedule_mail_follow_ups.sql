set local lock_timeout = '4s';

-- follow_up_by: who set it. returned_at: when a snooze or a follow-up brought the mail back to the top of its folder.
alter table emails
  add column follow_up_at timestamptz,
  add column follow_up_note varchar(500),
  add column follow_up_by bigint references users (id) on delete set null,
  add column returned_at timestamptz;
create index idx_emails_follow_up on emails (follow_up_at) where follow_up_at is not null;
create index idx_emails_arrival on emails (client_id, folder, (coalesce(returned_at, received_at)) desc);
