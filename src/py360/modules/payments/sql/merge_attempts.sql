-- What a gateway reported of attempts to pay: the stronger status (by `attempt_ranks`) wins with its amount (less may be captured
-- than was authorised), a blank is filled, and where two statements differ the choice does not depend on their order.
insert into payment_attempts as a
  (provider_id, attempt_id, order_id, gateway_order, amount, currency, status, method, error, fee, happened_at)
select %(provider_id)s, f.* from jsonb_to_recordset(%(attempts)s::jsonb) as f
  (attempt_id text, order_id text, gateway_order text, amount numeric, currency text, status text, method text,
   error text, fee numeric, happened_at timestamptz)
on conflict (provider_id, attempt_id) do update set
  order_id = least(a.order_id, excluded.order_id),
  gateway_order = least(a.gateway_order, excluded.gateway_order),
  amount = case sign(array_position(%(attempt_ranks)s::text[], excluded.status::text)
      - array_position(%(attempt_ranks)s::text[], a.status::text))
    when 1 then excluded.amount when 0 then greatest(a.amount, excluded.amount) else a.amount end,
  currency = least(a.currency, excluded.currency),
  status = case when array_position(%(attempt_ranks)s::text[], excluded.status::text)
    > array_position(%(attempt_ranks)s::text[], a.status::text) then excluded.status else a.status end,
  method = least(a.method, excluded.method),
  error = least(a.error, excluded.error),
  fee = greatest(a.fee, excluded.fee),
  happened_at = least(a.happened_at, excluded.happened_at)
