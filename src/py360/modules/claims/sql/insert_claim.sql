-- A new claim; its number has the year of the report and a number of its own, with gaps.
insert into claims (client_id, claim_number, policy_id, customer_id, case_id, node_id, source, claim_type, category, title,
  claim_amount, reserve_amount, description, priority, incident_date, reported_date, reported_at, is_cashless,
  is_investigated, claimant_name, claimant_relation, claimant_email, claimant_phone, member_id, created_by)
values (%(client)s, 'CLM-' || %(year)s || '-' || lpad(nextval('claim_numbers')::text, 6, '0'), %(policy)s, %(customer)s,
  %(case)s, %(node)s, %(source)s, %(type)s, %(category)s, %(title)s, %(amount)s, %(amount)s, %(description)s, %(priority)s,
  %(incident)s, %(reported)s, %(reported_at)s, %(cashless)s, %(investigated)s, %(claimant_name)s, %(claimant_relation)s,
  %(claimant_email)s, %(claimant_phone)s, %(member)s, %(user)s)
returning id
