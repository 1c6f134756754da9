-- Dates of an entry are Indian calendar days.
create view dnc_active_entries as
select d.*, c.client_name
from dnc_registry d
join clients c on c.id = d.client_id
where d.is_active
  and d.effective_date <= (now() at time zone 'Asia/Kolkata')::date
  and (d.expiry_date is null or d.expiry_date > (now() at time zone 'Asia/Kolkata')::date);
