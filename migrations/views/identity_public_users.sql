-- What any module may read about people.
create view identity_public_users as
select u.id, u.client_id, trim(u.first_name || ' ' || u.last_name) as name, u.email, u.phone, u.department, u.job_title,
       u.status, u.portal_language, coalesce(r.name, '') as role, coalesce(r.display_name, '') as role_name
from users u
left join roles r on r.id = u.role_id;
