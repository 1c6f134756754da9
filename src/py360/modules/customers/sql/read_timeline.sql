-- What happened to a customer, newest first, as far as the policies within reach go: one branch for each source, of which one
-- whose type is not asked for is not run. A page begins behind (before_at, before_id), the last event of the page before. The
-- details of an event have the keys that section 9 of the domain reference names for its type.
with spelled (kind, name) as (values ('email', 'E-mail'), ('sms', 'SMS'), ('whatsapp', 'WhatsApp')), cases as materialized (
  select k.id, k.policy_id, k.due_date, coalesce(k.renewal_amount, k.premium_amount) as premium, k.sum_insured, k.payment_frequency,
         coalesce((select min(i.due_date) from payments_public_instalment i where i.case_id = k.id and i.amount > i.paid_amount),
                  k.renewal_date) as next_payment
  from cases_public_case k
  where k.customer_id = any(%(customers)s) and k.policy_id = any(%(policies)s)
), reported as materialized (
  select k.* from claims_public_claim k where k.customer_id = any(%(customers)s) and k.policy_id = any(%(policies)s)
), events as (
  select 'policy-' || p.id as id, least(p.start_date::timestamp at time zone 'Asia/Kolkata', p.created_at) as at,
         'policy_created' as type, p.id as policy_id, 'Policy created' as title,
         p.policy_number || coalesce(', ' || p.product_name, '') as description,
         jsonb_build_object('premium', p.premium_amount, 'coverage', p.sum_insured, 'agent', a.name) as details
  from policies p left join identity_public_users a on a.id = p.agent_id where p.id = any(%(policies)s) and (%(types)s::text[] is null or %(types)s::text[] && array['policy_created'])
  union all
  select 'history-' || h.id, h.created_at,
         case when h.action = 'Comment Added' then 'communication'
              when h.action in ('Updated', 'Contact Update') then 'modification' else 'renewal' end,
         h.policy_id, h.action, coalesce(h.details, ''),
         case when h.action = 'Comment Added' then jsonb_build_object('agent', h.user_name, 'outcome', 'noted')
              else jsonb_build_object('premium', cases.premium, 'coverage', cases.sum_insured, 'agent', h.user_name,
                                      'caseId', 'CASE-' || h.case_id) end
  from cases join cases_public_history h on h.case_id = cases.id
  where (%(types)s::text[] is null or %(types)s::text[] && array['renewal', 'modification', 'communication'])
    and (h.action in ('Comment Added', 'Updated', 'Contact Update', 'Case Created')
      or h.new_status in ('renewed', 'lapsed', 'cancelled', 'failed'))
  union all
  select 'payment-' || r.id, r.captured_at, 'payment', cases.policy_id, 'Payment received',
         'Rs ' || r.captured_amount || coalesce(' by ' || r.method, ''),
         jsonb_build_object('amount', r.captured_amount, 'method', r.method, 'refunded', r.refunded_amount,
                            'dueDate', cases.due_date, 'schedule', cases.payment_frequency, 'nextPayment', cases.next_payment)
  from cases join payments_public_receipt r on r.case_id = cases.id
  where (%(types)s::text[] is null or %(types)s::text[] && array['payment'])
  union all
  select 'claim-' || k.id || '-' || e.step, e.at, 'claim', k.policy_id, k.claim_number || ' ' || e.step,
         coalesce(k.title, k.claim_type),
         jsonb_build_object('claimAmount', k.claim_amount, 'status', k.status, 'handledBy', k.handler_name,
                            'approvedAmount', k.approved_amount, 'deductible', p.coverage_details #> '{primary,deductible}')
  from reported k join policies p on p.id = k.policy_id cross join lateral (
    values ('reported', k.reported_at), ('decided', k.decided_at), ('closed', k.closed_at)) e (step, at)
  where e.at is not null and (%(types)s::text[] is null or %(types)s::text[] && array['claim'])
  union all
  select 'message-' || m.id, coalesce(m.sent_at, m.created_at), 'communication', cases.policy_id,
         coalesce((select name from spelled s where s.kind = m.communication_type), initcap(m.communication_type)) || ' ' || m.status,
         coalesce(m.subject, left(m.content, 200), ''),
         jsonb_build_object('channel', m.communication_type, 'outcome', coalesce(n.outcome, m.status), 'agent', u.name,
                            'followUp', coalesce(n.follow_up_required, false))
  from cases join messaging_public_message m on m.case_id = cases.id
  left join cases_public_communication n on n.message_id = m.id
  left join identity_public_users u on u.id = m.sent_by
  where (%(types)s::text[] is null or %(types)s::text[] && array['communication'])
  union all
  select 'mail-' || m.id, m.received_at, 'communication', cases.policy_id, 'E-mail received', m.subject,
         jsonb_build_object('channel', 'email', 'outcome', coalesce(n.outcome, m.status), 'agent', u.name,
                            'followUp', coalesce(n.follow_up_required, false), 'mailId', 'EMAIL-' || m.id)
  from cases join inbox_public_mail m on m.case_id = cases.id
  left join cases_public_communication n on n.mail_id = m.id
  left join identity_public_users u on u.id = m.assigned_to
  where (%(types)s::text[] is null or %(types)s::text[] && array['communication'])
  union all
  select 'contact-' || n.id, n.occurred_at, 'communication', cases.policy_id,
         coalesce((select name from spelled s where s.kind = n.kind), initcap(n.kind)) || ' ' || n.direction,
         coalesce(n.subject, left(n.content, 200), ''),
         jsonb_build_object('channel', n.kind, 'outcome', coalesce(n.outcome, n.status, 'completed'), 'agent', u.name,
                            'followUp', n.follow_up_required)
  from cases join cases_public_communication n on n.case_id = cases.id and n.message_id is null and n.mail_id is null
  left join identity_public_users u on u.id = n.agent_id
  where (%(types)s::text[] is null or %(types)s::text[] && array['communication'])
  union all
  select 'document-' || f.id, f.created_at, 'document', o.policy_id, f.file_name, coalesce(f.document_type, 'document'),
         jsonb_build_object('documentType', f.document_type, 'agent', f.uploaded_by, 'fileId', 'file-' || f.id)
  from (
    select 'customer' as kind, c.id, null::bigint as policy_id from customers c
    where c.id = any(%(customers)s) or c.merged_into = any(%(customers)s)
    union all select 'policy', p, p from unnest(%(policies)s::bigint[]) p
    union all select 'case', cases.id, cases.policy_id from cases
    union all select 'claim', reported.id, reported.policy_id from reported
  ) o join files_public_file f on f.entity_type = o.kind and f.entity_id = o.id
  where (%(types)s::text[] is null or %(types)s::text[] && array['document'])
)
select e.id, e.at, e.type, e.policy_id, e.title, e.description, e.details
from events e
where (%(types)s::text[] is null or e.type = any(%(types)s))
  and (%(search)s::text is null or e.title ilike %(search)s or e.description ilike %(search)s)
  and (%(before_at)s::timestamptz is null or (e.at, e.id) < (%(before_at)s, %(before_id)s::text))
order by e.at desc, e.id desc limit %(limit)s
