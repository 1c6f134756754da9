"""An installation whose clients shared one organisation tree: after the upgrade each has its own, and nothing is lost."""

import psycopg
from alembic import command

from py360.kit.migrate import alembic_config
from tests.services import Services

BEFORE, AFTER = "0001_baseline", "0002_give_organization_clients"

# Client 2 has more people in the region than client 1, which has a case and a policy there; nobody uses the other region.
SHARED = """
insert into clients (id, client_code, client_name) overriding system value values (1, 'C-1', 'One'), (2, 'C-2', 'Two');
insert into users (id, client_id, email, password_hash, first_name, last_name) values
  (11, 1, 'a@example.com', 'x', 'Asha', 'Rao'), (21, 2, 'b@example.com', 'x', 'Ravi', 'Nair'),
  (22, 2, 'c@example.com', 'x', 'Meera', 'Iyer');
insert into organizational_hierarchy (id, name, type, parent_id, path, manager_id) overriding system value values
  (101, 'South', 'region', null, '101', 11), (102, 'Karnataka', 'state', 101, '101.102', null),
  (103, 'Mysuru', 'branch', 102, '101.102.103', 21), (104, 'North', 'region', null, '104', null);
insert into branches (id, code, name, hierarchy_node_id) overriding system value values (5, 'KA-01', 'Mysuru', 103);
select setval(pg_get_serial_sequence('organizational_hierarchy', 'id'), 200);
select setval(pg_get_serial_sequence('branches', 'id'), 10);
insert into user_home_nodes (user_id, node_id, valid_from) values
  (11, 102, '2026-01-01'), (21, 101, '2026-01-01'), (22, 103, '2026-01-01');
insert into customers (id, client_id, customer_code, first_name, last_name) overriding system value values (1, 1, 'K', 'A', 'B');
insert into policies (id, client_id, policy_number, customer_id, policy_type, premium_amount, start_date, end_date, branch_id)
  overriding system value values (1, 1, 'P', 1, 'motor', 1, '2026-01-01', '2026-12-31', 5);
insert into renewal_cases (client_id, policy_id, customer_id, due_date, node_id) values (1, 1, 1, '2026-12-31', 103);
"""
TREE = """
select n.client_id, n.name, p.name, nlevel(n.path), n.manager_id, b.code
from organizational_hierarchy n left join organizational_hierarchy p on p.id = n.parent_id and p.path @> n.path
left join branches b on b.hierarchy_node_id = n.id and b.client_id = n.client_id order by n.client_id, nlevel(n.path), n.name
"""


def test_clients_that_shared_a_tree_have_one_each_after_the_upgrade(servers: Services) -> None:
    name = servers.empty()
    url = servers.database_url(name)
    command.upgrade(alembic_config(url), BEFORE)
    with psycopg.connect(url) as connection:
        connection.execute(SHARED)
    command.upgrade(alembic_config(url), AFTER)
    with psycopg.connect(url) as connection:
        assert connection.execute(TREE).fetchall() == [
            (1, "North", None, 1, None, None),
            (1, "South", None, 1, 11, None),
            (1, "Karnataka", "South", 2, None, None),
            (1, "Mysuru", "Karnataka", 3, None, "KA-01"),
            (2, "South", None, 1, None, None),
            (2, "Karnataka", "South", 2, None, None),
            (2, "Mysuru", "Karnataka", 3, 21, "KA-01"),
        ]
        homes = "select u.client_id = n.client_id, n.name from user_home_nodes h join users u on u.id = h.user_id"
        homes += " join organizational_hierarchy n on n.id = h.node_id order by u.id"
        assert connection.execute(homes).fetchall() == [(True, "Karnataka"), (True, "South"), (True, "Mysuru")]
        kept = "select n.client_id, n.name from renewal_cases c join organizational_hierarchy n on n.id = c.node_id"
        assert connection.execute(kept).fetchall() == [(1, "Mysuru")]
        placed = "select b.client_id, b.code from policies p join branches b on b.id = p.branch_id"
        assert connection.execute(placed).fetchall() == [(1, "KA-01")]
        lost = "select manager_name from organizational_hierarchy where client_id = 2 and name = 'South'"
        assert connection.execute(lost).fetchall() == [("Asha Rao",)]
    servers.drop(name)
