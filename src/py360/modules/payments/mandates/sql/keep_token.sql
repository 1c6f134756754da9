-- What a gateway reported of a token, whoever's it is: the later status of two that may follow each other, and the end for good.
insert into mandate_tokens as t (provider_id, token, status, level, status_at, reason)
values (%(provider_id)s, %(token)s, %(status)s, %(level)s, coalesce(%(at)s, '-infinity'::timestamptz), %(reason)s)
on conflict (provider_id, token) do update set
  status = excluded.status, level = excluded.level, status_at = excluded.status_at, reason = coalesce(excluded.reason, t.reason)
where (excluded.level, excluded.status_at, excluded.status) > (t.level, t.status_at, t.status)
