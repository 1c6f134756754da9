-- Hang a node under another parent: its own path and those of everything below it get the new parent's in front.
update organizational_hierarchy n
set path = p.path || subpath(n.path, nlevel(moved.path) - 1),
    parent_id = case when n.id = moved.id then p.id else n.parent_id end
from organizational_hierarchy moved, organizational_hierarchy p
where moved.id = %(id)s and p.id = %(parent)s and n.path <@ moved.path
