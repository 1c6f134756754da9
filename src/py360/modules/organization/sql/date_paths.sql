-- A node moves today: it and everything below it have had their old paths until today, and have their new ones from today. Run
-- before the move: a node that moves for the first time gets a line of its past. Two moves on one day are one.
insert into dated_paths (client_id, node_id, path, valid_from)
select n.client_id, n.id, n.path, '-infinity' from organizational_hierarchy top join organizational_hierarchy n on n.path <@ top.path
where top.id = %(id)s and not exists (select from dated_paths d where d.node_id = n.id);

delete from dated_paths d using organizational_hierarchy top, organizational_hierarchy n
where top.id = %(id)s and n.path <@ top.path and d.node_id = n.id and d.valid_from >= %(today)s;

update dated_paths d set valid_to = %(today)s from organizational_hierarchy top, organizational_hierarchy n
where top.id = %(id)s and n.path <@ top.path and d.node_id = n.id and d.valid_to is null;

insert into dated_paths (client_id, node_id, path, valid_from)
select n.client_id, n.id, p.path || subpath(n.path, nlevel(top.path) - 1), %(today)s
from organizational_hierarchy top
join organizational_hierarchy n on n.path <@ top.path
join organizational_hierarchy p on p.id = %(parent)s
where top.id = %(id)s
