-- The members that rows name: those that are there by name are changed, the others added. Nobody is removed by a file.
update policy_members m set relationship = e.member ->> 'relationship',
  date_of_birth = coalesce((e.member ->> 'dateOfBirth')::date, m.date_of_birth)
from {staging} s cross join lateral jsonb_array_elements(jsonb_strip_nulls(s.details) -> 'members') e (member)
where s.outcome in ('new', 'changed') and m.policy_id = s.policy_id and lower(m.name) = lower(e.member ->> 'name');
insert into policy_members (client_id, policy_id, position, name, relationship, date_of_birth)
select s.client_id, s.policy_id, (select count(*) from policy_members m where m.policy_id = s.policy_id) + e.place - 1,
  e.member ->> 'name', e.member ->> 'relationship', (e.member ->> 'dateOfBirth')::date
from {staging} s
cross join lateral jsonb_array_elements(jsonb_strip_nulls(s.details) -> 'members') with ordinality e (member, place)
where s.outcome in ('new', 'changed') and not exists (
  select from policy_members m where m.policy_id = s.policy_id and lower(m.name) = lower(e.member ->> 'name'))
