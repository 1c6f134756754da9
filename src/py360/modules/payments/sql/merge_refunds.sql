-- What a gateway reported of refunds; the stronger status (by `refund_ranks`) wins.
insert into payment_refunds as r (provider_id, refund_id, attempt_id, amount, status, processed_at)
select %(provider_id)s, f.* from jsonb_to_recordset(%(refunds)s::jsonb) as f
  (refund_id text, attempt_id text, amount numeric, status text, processed_at timestamptz)
where f.amount > 0
on conflict (provider_id, refund_id) where refund_id is not null do update set
  amount = greatest(r.amount, excluded.amount),
  status = case when array_position(%(refund_ranks)s::text[], excluded.status::text)
    > array_position(%(refund_ranks)s::text[], r.status::text) then excluded.status else r.status end,
  processed_at = least(r.processed_at, excluded.processed_at)
