-- The next open cases that the model has not scored since what is known of them changed.
select f.case_id, f.age, f.premium::float8, f.premium_change::float8, f.payments_per_year, f.policies_held, f.tenure_years,
  f.line, f.channel, f.city
from case_features f
join cases_public_case c on c.id = f.case_id
left join renewal_predictions p on p.case_id = f.case_id
where f.client_id = %(client)s and c.is_open and f.case_id > %(after)s and f.case_id <= coalesce(%(until)s, 9223372036854775807)
  and (p.case_id is null or p.model_id <> %(model)s or p.scored_at < f.taken_at)
order by f.case_id limit %(limit)s
