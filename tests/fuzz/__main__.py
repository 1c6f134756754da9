"""`make fuzz`: made-up requests to every route, as an agent, as an administrator and as nobody. Any answer of 5xx fails.

On an installation of its own in a temporary folder, with the data of a small demo and a row of everything that an address can
name (`tests/house/book`). Half of the MINUTES (20) goes to requests
with one thing wrong (`requests`), as many as the API takes; half to schemathesis, which knows the description's borders.
"""

import asyncio
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import aiohttp
import httpx
import psycopg
from yarl import URL

from py360.modules.settings.sections import SECTIONS
from tests.fuzz.requests import Maker, OddRequest
from tests.house.book import NAMED, statements_of_the_book
from tests.installation import CHECKOUT, START_SECONDS, Installation

PASSWORD: Final = secrets.token_urlsafe(18)
CALLERS: Final = (
    ("agent", "fuzz.agent@example.com", 0.45),
    ("admin", "fuzz.admin@example.com", 0.45),
    ("nobody", "", 0.1),
)
AT_ONCE: Final = 8
# What would end the run's own session, or throttle its own sign-in.
OWN_SESSION: Final = (
    "/api/auth/login",
    "/api/auth/logout",
    "/api/auth/refresh",
    "/api/auth/sessions/{session_id}",
    "/api/user/change-password",
)
# Table -> whose its rows are: the agent's, who then may change them.
OWNED: Final = {
    "renewal_cases": "assigned_to",
    "policies": "agent_id",
    "claims": "assigned_to",
    "service_requests": "assigned_to",
    "emails": "assigned_to",
}
# Path parameter -> the list that has its ids, the key of the rows, the field.
IDS: Final = {
    "case": ("/cases?limit=30", "cases", "id"),
    "campaign_id": ("/campaigns?limit=10", "campaigns", "id"),
    "customer": ("/customers?limit=10", "customers", "id"),
    "policy": ("/policies?limit=10", "policies", "policyNumber"),
    "template_id": ("/templates?limit=20", "templates", "id"),
    "upload_id": ("/upload/history?limit=5", "uploads", "id"),
    "provider_id": ("/providers", "providers", "id"),
    "role_id": ("/roles", "roles", "id"),
    "user_id": ("/users?limit=5", "users", "id"),
    "dnc_id": ("/dnc?limit=5", "entries", "id"),
    "suppression_id": ("/suppressions?limit=5", "suppressions", "id"),
    "message_id": ("/communications/delivery-status?limit=10", "messages", "messageId"),
    "notification_id": ("/notifications?limit=5", "notifications", "id"),
}


def main(minutes: float) -> int:
    """Fuzz; exit status 1 when something answered 5xx."""
    folder = Path(tempfile.mkdtemp(prefix="py360-fuzz-"))
    folder.chmod(0o755)
    one = Installation(folder / "home", PY360_ADMIN_PASSWORD=PASSWORD, PY360_REQUESTS_PER_MINUTE="10000000")
    try:
        one.start(5 * START_SECONDS)
        made = one.run("demo", "--json", "--rows", "60", within=600)
        assert made.returncode == 0, made.stdout + made.stderr
        for role, email, _ in CALLERS:
            if email:
                added = one.run("user", "create", email, "--name", "Fuzz", "--role", role, "--password", PASSWORD)
                assert added.returncode == 0, added.stdout + added.stderr
        base = f"http://127.0.0.1:{one.port}"
        named = _fill(one.run("dsn").stdout.strip())
        known = _known(base, named)
        failed = []
        for role, email, share in CALLERS:
            seconds = int(minutes * 30 * share)
            odd = asyncio.run(_odd(base, email, seconds, known))
            if not _schemathesis(base, email, seconds, known) or odd:
                failed.append(role)
        log = CHECKOUT / "fuzz.log"
        shutil.copy(one.home / "logs" / "api.log", log)
        print(f"5xx as {', '.join(failed)}; the API's log is {log}." if failed else "No 5xx.")
        return bool(failed)
    finally:
        if one.process is not None and one.process.poll() is None:
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _fill(dsn: str) -> dict[str, list[str]]:
    """Add a row of everything that a path can name, within the agent's reach; their ids by the name of the path parameter."""
    with psycopg.connect(dsn) as connection:
        for statement in statements_of_the_book(3):
            connection.execute(statement)
        agent = "(select id from users where email = %s)"
        for table, column in OWNED.items():
            connection.execute(f"update {table} set {column} = {agent} where id > 1000", [CALLERS[0][1]])
        named = {}
        for name, (_, row) in NAMED.items():
            found = connection.execute(row).fetchone() if row.startswith("select ") else (row,)
            assert found is not None, name
            named[name] = [str(found[0])]
        return named


def _known(base: str, named: dict[str, list[str]]) -> dict[str, list[str]]:
    """What exists, by the name of the path parameter."""
    with httpx.Client(base_url=f"{base}/api", timeout=60) as http:
        login = {"email": "admin@py360.local", "password": PASSWORD}
        http.headers["authorization"] = f"Bearer {http.post('/auth/login', json=login).json()['data']['token']}"
        node = http.post("/hierarchy/nodes", json={"name": "North", "type": "region"}).raise_for_status().json()["data"]
        entry = {"customerName": "Asha Rao", "customerPhone": "+919812345678", "dncType": "phone"}
        http.post("/dnc", json=entry).raise_for_status()
        link = http.post("/claims/links", json={"policyNumber": "POL-1001"}).raise_for_status().json()["data"]["url"]
        found: dict[str, list[str]] = {"section": list(SECTIONS), "token": [link.rpartition("/")[2], "1"]}
        for name, (path, key, field) in IDS.items():
            rows = http.get(path).raise_for_status().json()["data"][key]
            found[name] = [str(row[field]) for row in rows]
        users = http.get("/users?limit=50").json()["data"]["users"]
        agent = next(row["id"] for row in users if row["email"] == CALLERS[0][1])
        for case in found["case"][::2]:  # an agent sees their own
            http.put(f"/cases/{case}/assign", json={"agentId": agent}).raise_for_status()
    found["node_id"] = [str(node.get("id") or node["node"]["id"])]
    for name, same in (
        ("case_id", "case"),
        ("customer_id", "customer"),
        ("team_id", "node_id"),
        ("account_id", "provider_id"),
    ):
        found[name] = found[same]
    for name, ids in named.items():
        found[name] = [*found.get(name, ()), *ids]
    print("Ids: " + ", ".join(f"{len(ids)} {name}" for name, ids in found.items()), flush=True)
    return found


async def _odd(base: str, email: str, seconds: int, known: dict[str, list[str]]) -> int:
    """Requests with one thing wrong, until the time is up; how many answers were 5xx."""
    answers: Counter[int] = Counter()
    deadline = time.monotonic() + seconds
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60), cookie_jar=aiohttp.DummyCookieJar()) as http:
        async with http.get(f"{base}/api/openapi.json") as answer:
            description = await answer.json()
        seed = secrets.randbits(32)
        print(f"== as {email or 'nobody'}: odd requests for {seconds} s, seed {seed}", flush=True)
        maker = Maker(description, known, random.Random(seed))
        caller = _Caller(http, base, email)

        async def send_some() -> None:
            while time.monotonic() < deadline:
                for request in maker.each(1, OWN_SESSION if email else ()):
                    if time.monotonic() > deadline:
                        return
                    answers[await caller.send(request)] += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(send_some())
    print("   " + ", ".join(f"{status}: {number}" for status, number in sorted(answers.items())), flush=True)
    return sum(number for status, number in answers.items() if status >= 500)


class _Caller:
    """Sends requests as a user, and signs in again when what was tried has ended the session."""

    def __init__(self, http: aiohttp.ClientSession, base: str, email: str) -> None:
        self.http, self.base, self.email, self.token = http, base, email, ""
        self.signing_in = asyncio.Lock()

    async def send(self, request: OddRequest) -> int:
        """The status of the answer; 0 when the connection ended without one."""
        if not self.token and self.email:
            await self._sign_in()
        headers = {name: value.decode("latin-1") for name, value in request.headers}
        if self.email:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        try:
            async with self.http.request(
                request.method,
                URL(self.base + request.target, encoded=True),
                headers=headers,
                data=request.body,
                allow_redirects=False,
            ) as answer:
                text = await answer.read()
                if answer.status >= 500:
                    print(
                        f"{answer.status} {request.method} {request.target[:300]} {headers} {request.body[:300]!r}\n    {text[:300]!r}",
                        flush=True,
                    )
                if b'"unauthenticated"' in text and headers.get("Authorization") == f"Bearer {self.token}":
                    self.token = ""  # what was tried has ended the session
                return answer.status
        except (aiohttp.ClientError, ValueError):  # a header that cannot be sent; a connection that was cut
            return 0

    async def _sign_in(self) -> None:
        async with self.signing_in:
            if self.token:
                return
            login = {"email": self.email, "password": PASSWORD}
            async with self.http.post(f"{self.base}/api/auth/login", json=login) as answer:
                assert answer.status == 200, await answer.text()
                self.token = (await answer.json())["data"]["token"]


def _schemathesis(base: str, email: str, seconds: int, known: dict[str, list[str]]) -> bool:
    """One run of schemathesis; whether it met no 5xx."""
    print(f"== as {email or 'nobody'}: schemathesis for {seconds} s", flush=True)
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
        "PY360_FUZZ_IDS": json.dumps(known),
        "PY360_FUZZ_EMAIL": email,
        "PY360_FUZZ_PASSWORD": PASSWORD,
        "PY360_FUZZ_BASE": base,
    }
    left_out = [word for path in OWN_SESSION if email for word in ("--exclude-path", path)]
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(Path(__file__).with_name("schemathesis.toml")),
    ]
    command += [
        "run",
        f"{base}/api/openapi.json",
        "--url",
        base,
        "--phases",
        "coverage,fuzzing",
        "--max-time",
        str(seconds),
        *left_out,
    ]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 20))
