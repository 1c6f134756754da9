-- Who takes cases, when and how many; the clock of the first contact; reminders of follow-ups.

set local lock_timeout = '4s';

create table agent_availability (
  user_id bigint primary key references users (id) on delete cascade,
  client_id bigint not null references clients (id) on delete restrict,
  capacity integer not null default 50 check (capacity between 0 and 100000),  -- open cases; 0 takes none
  work_days integer[] not null default '{1,2,3,4,5,6}',  -- ISO: Monday is 1
  works_from time not null default '09:00',  -- in India
  works_to time not null default '18:00' check (works_to > works_from),
  absent_from date,
  absent_to date check (absent_to >= absent_from),
  version integer not null default 1,
  updated_by bigint references users (id) on delete set null,
  updated_at timestamptz not null default now(),
  check ((absent_from is null) = (absent_to is null))
);
create index idx_agent_availability_client on agent_availability (client_id);

alter table renewal_rules add column first_contact_hours jsonb not null default '{"urgent": 4, "high": 8, "medium": 24, "low": 48}';

alter table renewal_cases
  add column contact_due_at timestamptz,  -- the first contact after an assignment
  add column contact_paused_at timestamptz,  -- since when the clock stands still
  add column contact_breached_at timestamptz,
  add column follow_up_reminded_on date;
create index idx_renewal_cases_contact_due on renewal_cases (contact_due_at)
  where contact_due_at is not null and contact_breached_at is null and closed_at is null;
create index idx_renewal_cases_follow_up on renewal_cases (next_follow_up_date)
  where next_follow_up_date is not null and closed_at is null;
create index idx_renewal_cases_unassigned on renewal_cases (client_id, due_date, id)
  where assigned_to is null and closed_at is null;
