-- Takes an Idempotency-Key for a request: one row when it is free, forgotten (24 hours), or left by a request that died.
insert into idempotency_keys (caller, key, method, path, body_hash, locked_until)
values (%(caller)s, %(key)s, 'POST', %(path)s, %(hash)s, now() + %(lease)s * interval '1 second')
on conflict (caller, key) do update
  set path = excluded.path, body_hash = excluded.body_hash, created_at = now(), locked_until = excluded.locked_until,
      response_status = null, response_sealed = null
  where idempotency_keys.created_at < now() - interval '24 hours'
     or (idempotency_keys.response_status is null and idempotency_keys.locked_until < now())
returning 1
