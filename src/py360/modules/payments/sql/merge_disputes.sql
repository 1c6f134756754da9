-- What a gateway reported of disputes; the stronger status (by `dispute_ranks`) wins.
insert into payment_disputes as d (provider_id, dispute_id, attempt_id, amount, status, reason, respond_by, opened_at)
select %(provider_id)s, f.* from jsonb_to_recordset(%(disputes)s::jsonb) as f
  (dispute_id text, attempt_id text, amount numeric, status text, reason text, respond_by timestamptz, opened_at timestamptz)
where f.amount > 0
on conflict (provider_id, dispute_id) do update set
  amount = greatest(d.amount, excluded.amount),
  status = case when array_position(%(dispute_ranks)s::text[], excluded.status::text)
    > array_position(%(dispute_ranks)s::text[], d.status::text) then excluded.status else d.status end,
  reason = least(d.reason, excluded.reason),
  respond_by = least(d.respond_by, excluded.respond_by),
  opened_at = least(d.opened_at, excluded.opened_at)
