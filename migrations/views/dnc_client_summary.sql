create view dnc_client_summary as
select c.id as client_id, c.client_code, c.client_name,
       count(a.id) as active_entries,
       count(a.id) filter (where a.dnc_type in ('phone', 'both')) as phone_entries,
       count(a.id) filter (where a.dnc_type in ('email', 'both')) as email_entries,
       count(a.id) filter (where a.dnc_source = 'government') as government_entries
from clients c
left join dnc_active_entries a on a.client_id = c.id
group by c.id;
