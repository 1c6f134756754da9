-- One case for each due term, with its agent, place and first line of history. A term has one case, which the unique key sees
-- to, whoever opens it: another scheduler, an import or a user. A term that is referred is before the direction's owner.
with due as ({due}), opened as (
  insert into renewal_cases (client_id, policy_id, customer_id, due_date, status, assigned_to, node_id, renewal_amount,
    sub_status, escalated_to, escalation_reason, escalated_at, last_action_date, created_at)
  select d.client_id, d.id, d.customer_id, d.due_date, case when a.id is null then 'validated' else 'assigned' end, a.id,
    coalesce(h.node_id, b.hierarchy_node_id), d.premium_amount, case when f.id is not null then 'Approval Required' end,
    f.owner_id, f.reason, case when f.owner_id is not null then %(now)s::timestamptz end, %(now)s, %(now)s
  from due d
  left join identity_public_users a on a.id = d.agent_id and a.client_id = d.client_id and a.status = 'active'
  left join organization_public_homes h on h.user_id = a.id
  left join organization_public_branch b on b.id = d.branch_id
  left join renewal_directions f on f.policy_id = d.id and f.due_date = d.due_date and f.ended_at is null
  order by d.id
  on conflict (policy_id, due_date) do nothing
  returning id, status, due_date
)
insert into case_history (case_id, action, details, new_status, created_at)
select id, 'Case Created', 'The policy falls due on ' || to_char(due_date, 'DD/MM/YYYY'), status, %(now)s from opened
