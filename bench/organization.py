"""A tree of 10,000 nodes over a million cases (issue 14, section 7): what a subtree filter adds to the case list, and the figures.

The same list is asked by an administrator who sees all and by managers of a region, a state, a branch and a team.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aiohttp
import psycopg

from bench import cases as portfolio
from bench.installation import EMAIL, PASSWORD, api, installation, sign_in
from bench.load import load, once

Out = Callable[[str], None]
ADDED_MS: Final = 5.0
# 8 regions of 5 states of 10 branches of 4 departments of 5 teams: 10,048 nodes. A node's number says where it stands.
_NODES: Final = """
insert into organizational_hierarchy (id, client_id, name, type, parent_id, path, budget, target_cases)
select id, 1, kind || ' ' || id, kind, parent, path::ltree, 100000, 1000 from (
  select r as id, 'region' as kind, null::bigint as parent, r::text as path from generate_series(1, 8) r
  union all select 100 + s, 'state', 1 + s / 5, (1 + s / 5) || '.' || (100 + s) from generate_series(0, 39) s
  union all select 1000 + b, 'branch', 100 + b / 10, (1 + b / 50) || '.' || (100 + b / 10) || '.' || (1000 + b)
    from generate_series(0, 399) b
  union all select 10000 + d, 'department', 1000 + d / 4,
    (1 + d / 200) || '.' || (100 + d / 40) || '.' || (1000 + d / 4) || '.' || (10000 + d) from generate_series(0, 1599) d
  union all select 100000 + t, 'team', 10000 + t / 5,
    (1 + t / 1000) || '.' || (100 + t / 200) || '.' || (1000 + t / 20) || '.' || (10000 + t / 5) || '.' || (100000 + t)
    from generate_series(0, 7999) t
) n order by length(path)
"""
_PLACES: Final = "update renewal_cases set node_id = 100000 + (id * 7919) % 8000"
_MANAGERS: Final = """
insert into users (client_id, email, password_hash, first_name, last_name, role_id, status)
select 1, 'manager' || node || '@example.com', (select password_hash from users where email = %(email)s), 'Manager', node::text,
  (select id from roles where name = 'manager'), 'active' from unnest(%(nodes)s::bigint[]) node
"""
_HOMES: Final = """
insert into user_home_nodes (user_id, node_id, valid_from)
select id, last_name::bigint, '2020-01-01' from users where email like 'manager%%@example.com'
"""
HOMES: Final = {"region": 3, "state": 117, "branch": 1170, "team": 103_400}


def run(out: Out, cases: int = 1_000_000, seconds: float = 3.0, kept: Path | None = None) -> bool:
    """Measure and say so line by line; whether the filter adds less than its bound."""
    with installation(kept) as url:
        portfolio.fill(out, url, cases)
        with psycopg.connect(url, autocommit=True) as connection:
            if not connection.execute("select 1 from organizational_hierarchy limit 1").fetchone():
                started = time.perf_counter()
                connection.execute("set session_replication_role = replica")
                connection.execute(_NODES)
                connection.execute(_PLACES)
                connection.execute("set session_replication_role = origin")
                params = {"email": EMAIL, "nodes": list(HOMES.values())}
                connection.execute(_MANAGERS, params)
                connection.execute(_HOMES)
                connection.execute("vacuum analyze renewal_cases")
                connection.execute("analyze")
                out(f"10,048 nodes placed in {time.perf_counter() - started:.0f} s")
        with api() as product:
            return asyncio.run(_measure(out, product, seconds))


async def _measure(out: Out, product: int, seconds: float) -> bool:
    path = "/api/cases"
    administrator = await sign_in(product)
    await load(product, [path], administrator, connections=1, seconds=1)
    whole = await load(product, [path], administrator, connections=1, seconds=seconds)
    out(f"case list, all                 median {whole.median:5.1f} ms, p95 {whole.p95:5.1f} ms")
    good = True
    for kind, node in HOMES.items():
        signed = await _sign_in(product, f"manager{node}@example.com")
        await load(product, [path], signed, connections=1, seconds=1)
        took = await load(product, [path], signed, connections=1, seconds=seconds)
        fine = took.median - whole.median < ADDED_MS
        good &= fine
        verdict = "ok" if fine else "TOO SLOW"
        out(
            f"case list, subtree of a {kind:<7} median {took.median:5.1f} ms, p95 {took.p95:5.1f} ms,"
            f" adds {took.median - whole.median:5.1f} ms {verdict}"
        )
    started = time.perf_counter()
    size = len(await once(product, "/api/hierarchy", administrator))
    out(f"whole tree with figures        {(time.perf_counter() - started) * 1000:5.0f} ms, {size >> 10} KB")
    started = time.perf_counter()
    await once(product, "/api/hierarchy/1/performance", administrator)
    out(f"performance of a region        {(time.perf_counter() - started) * 1000:5.0f} ms")
    return good


async def _sign_in(port: int, email: str) -> str:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://127.0.0.1:{port}/api/auth/login", json={"email": email, "password": PASSWORD}) as answer,
    ):
        return f"Authorization: Bearer {(await answer.json())['data']['token']}\r\n"


if __name__ == "__main__":
    raise SystemExit(0 if run(print) else 1)
