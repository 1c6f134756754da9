-- A draft copy of a template under the first free name: "<name> (Copy)", "<name> (Copy 2)", and so on.
insert into templates (client_id, name, template_type, category, subject, content, format, language, variables, tags, is_active,
  status, dlt_template_id, created_by)
select t.client_id, free.name, t.template_type, t.category, t.subject, t.content, t.format, t.language, t.variables, t.tags,
  false, 'draft', t.dlt_template_id, %(user)s
from templates t
cross join lateral (
  select copy.name
  from (
    select n, left(t.name, 240) || case n when 1 then ' (Copy)' else ' (Copy ' || n || ')' end as name
    from generate_series(1, 999) n
  ) copy
  order by exists (
    select from templates o
    where o.client_id = t.client_id and o.template_type = t.template_type and o.language = t.language
      and o.status <> 'archived' and lower(o.name) = lower(copy.name)), copy.n
  limit 1
) free
where t.id = %(id)s
returning id
