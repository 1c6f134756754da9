-- Cases that somebody or something has worked with: an import that made them is no longer taken back.
create view cases_public_worked as
select id as case_id from renewal_cases c
where closed_at is not null or communication_attempts > 0 or total_calls > 0 or payment_status <> 'pending'
   or status not in ('uploaded', 'validated', 'assigned')
   or exists (select from case_comments t where t.case_id = c.id)
   or exists (select from case_history t where t.case_id = c.id and t.user_id is not null)
   or exists (select from communication_delivery_status t where t.case_id = c.id)
   or exists (select from campaign_recipients t where t.case_id = c.id)
   or exists (select from payment_links t where t.case_id = c.id)
   or exists (select from payments t where t.case_id = c.id)
   or exists (select from outstanding_amounts t where t.case_id = c.id);
