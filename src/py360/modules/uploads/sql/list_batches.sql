-- The state of the cases of the newest batches within reach (domain reference 5.4): counts, and amounts in INR.
-- In braces: the uploads that the caller reaches, and the condition on cases that the caller reaches.
select b.batch_code, b.upload_id, b.client_id, b.created_at, b.file_name, counts.*
from (
  select b.id, b.batch_code, b.upload_id, f.client_id, b.created_at, b.file_name
  from upload_batches b join file_uploads f on f.id = b.upload_id
  where b.upload_id in ({uploads}) or exists (select from cases_public_progress c where c.batch_id = b.id and {cases})
  order by b.id desc
  limit %(limit)s
) b
left join lateral (
  select
    count(*) filter (where c.status = 'renewed') as renewed,
    count(*) filter (where c.status in ('failed', 'lapsed', 'cancelled')) as failed,
    count(*) filter (where c.status in ('uploaded', 'validated', 'pending')) as pending,
    count(*) as total,
    count(*) filter (where c.payment_status = 'completed') as received,
    coalesce(sum(c.renewal_amount) filter (where c.payment_status = 'completed'), 0) as received_amount,
    coalesce(sum(c.renewal_amount) filter (where c.payment_status <> 'completed'), 0) as pending_amount
  from cases_public_progress c
  where c.batch_id = b.id and {cases}
) counts on true
order by b.id desc
