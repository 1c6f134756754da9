-- Open cases with what the model predicts for each.
select c.id, c.case_number, c.policy_number, u.customer_code, u.full_name as customer_name, c.agent_name, c.status, c.due_date,
  f.premium as amount, p.lapse_chance, p.expected_loss, p.reasons, p.held_out, p.scored_at,
  f.age, f.premium_change, f.payments_per_year, f.policies_held, f.tenure_years, f.line, f.channel, f.city
from renewal_predictions p
join cases_public_case c on c.id = p.case_id
join case_features f on f.case_id = p.case_id
join customers_public_contact u on u.id = c.customer_id
