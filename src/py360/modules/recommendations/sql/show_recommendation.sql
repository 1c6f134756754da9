-- Keep a recommendation as shown, or as held out. There is one open recommendation per customer and rule; one that was held out
-- becomes a shown one when the office holds nobody out any more.
insert into recommendations (
  client_id, customer_id, rule, source, type, priority, reason, suggested_coverage, estimated_premium, held_out, status,
  times_shown, created_at)
values (
  %(client)s, %(customer)s, %(rule)s, 'rules', %(type)s, %(priority)s, %(reason)s, %(coverage)s, %(premium)s, %(held_out)s,
  %(status)s, %(times)s, %(now)s)
on conflict (customer_id, rule) where status in ('held_out', 'shown', 'accepted') and not is_duplicate do update set
  status = case recommendations.status when 'held_out' then excluded.status else recommendations.status end,
  times_shown = recommendations.times_shown + excluded.times_shown, reason = excluded.reason, priority = excluded.priority,
  suggested_coverage = excluded.suggested_coverage, estimated_premium = excluded.estimated_premium, updated_at = now()
returning id
