-- Every case that ended, with what was known of it while it was open. Cancelled cases are not counted: the office ended them.
select f.case_id, f.age, f.premium::float8, f.premium_change::float8, f.payments_per_year, f.policies_held, f.tenure_years, f.line,
  f.channel, f.city, f.region, c.status <> 'renewed' as lapsed
from case_features f
join cases_public_case c on c.id = f.case_id
where f.client_id = %(client)s and c.status in ('renewed', 'lapsed', 'failed')
order by f.case_id
