-- What a client sets for itself.

create table settings (
  client_id bigint not null references clients (id) on delete cascade,
  section varchar(50) not null,
  values jsonb not null default '{}' check (jsonb_typeof(values) = 'object'),
  updated_by bigint references users (id) on delete set null,
  updated_at timestamptz not null default now(),
  primary key (client_id, section)
);
