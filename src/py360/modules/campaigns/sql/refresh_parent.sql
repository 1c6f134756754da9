-- The status and the reason of a parent, from its channels.
update campaigns p set version = version + 1,
  pause_reason = (
    select pause_reason from campaigns c where c.parent_id = p.id and pause_reason is not null order by c.id limit 1),
  status = (
    select status from campaigns c where c.parent_id = p.id order by
      array_position(array['active', 'paused', 'scheduled', 'draft', 'failed', 'completed', 'cancelled']::varchar[], c.status)
    limit 1)
where p.id = %(id)s
