-- The cases that a follow-up still has to write to, and when: those to which the step before was sent on any channel, whose
-- customer has not answered (or not clicked) where the follow-up asks for that. It writes to each case once.
with step as (
  select id, parent_id, step, campaign_type, type, follow_up_after, if_no_response, if_no_action
  from campaigns where id = %(id)s
), written as (
  select r.case_id, r.customer_id, max(r.sent_at) as sent_at
  from step join campaigns before on before.parent_id = step.parent_id and before.step = step.step - 1
  join campaign_recipients r on r.campaign_id = before.id
  where r.sent_at is not null group by r.case_id, r.customer_id
)
select w.case_id, w.customer_id, case when step.campaign_type = 'email' then k.email else k.phone end as contact,
  w.sent_at + step.follow_up_after as due_at
from written w cross join step
join customers_public_contact k on k.id = w.customer_id
join cases_public_case c on c.id = w.case_id and c.is_open
where not exists (select from campaign_recipients own where own.campaign_id = step.id and own.case_id = w.case_id)
  and not (c.status = 'payment_processed' and step.type = any(%(reminders)s))
  and not ((step.if_no_response or step.if_no_action) and exists (
    select from campaigns family join campaign_recipients r on r.campaign_id = family.id and r.case_id = w.case_id
    join messaging_public_message m on m.id = r.message_id
    where family.parent_id = step.parent_id
      and (step.if_no_response and m.replied_at is not null or step.if_no_action and m.clicked_at is not null)))
