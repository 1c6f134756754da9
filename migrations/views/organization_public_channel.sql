-- Sales channels as cases need them: whether and when cases of a channel are assigned by itself, how many, and before which others.
create view organization_public_channel as
select id, client_id, name, status = 'active' as is_active, coalesce((settings ->> 'autoAssignment')::boolean, false) as assigns,
  coalesce(settings ->> 'priority', 'medium') as priority, coalesce(settings ->> 'workingHours', '9-18') as working_hours,
  coalesce((settings ->> 'maxCapacity')::integer, 100) as capacity
from channels;
