create view dnc_recent_activities as
select client_id, 'entry_added' as activity, id as entity_id, created_by as user_id, reason as details, created_at as at
from dnc_registry
where created_at >= now() - interval '30 days'
union all
select r.client_id, 'override_' || o.status, o.id, coalesce(o.authorized_by, o.requested_by), o.reason, o.updated_at
from dnc_override_logs o
join dnc_registry r on r.id = o.dnc_id
where o.updated_at >= now() - interval '30 days'
union all
select client_id, 'message_blocked', id, attempted_by, reason, attempted_at
from dnc_blocked_messages
where attempted_at >= now() - interval '30 days';
