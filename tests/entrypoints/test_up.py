"""`py360 up` as people use it: real processes, started, stopped, killed and started again."""

import os
import re
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from py360.entrypoints.home import Refusal, check_ports, locked
from py360.kit.settings import Settings
from tests.installation import CHECKOUT, START_SECONDS, Installation
from tests.services import Services

pytestmark = pytest.mark.slow


def test_a_taken_port_is_one_clear_line(installation: Installation) -> None:
    for name in ("PY360_PORT", "PY360_SANDBOX_PORT", "PY360_SANDBOX_SMTP_PORT"):
        port = installation.environment[name]
        with socket.create_server(("127.0.0.1", int(port))):
            refused = installation.run("up")
        line = f"Cannot listen on 127.0.0.1:{port}: another program uses it. Choose another port with {name}.\n"
        assert (refused.returncode, refused.stderr) == (1, line)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PY360_PORT", "99999", "PY360_PORT=99999 cannot be used: input should be less than or equal to 65535."),
        ("DATABASE_URL", "postgresql://a:b@127.0.0.1:1/py360", "The database of DATABASE_URL does not answer: "),
        ("DATABASE_URL", "mysql://a:secret@127.0.0.1/py360", "DATABASE_URL must look like postgresql://user"),
        ("REDIS_URL", "redis://127.0.0.1:1", "The cache of REDIS_URL does not answer: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_clear_line(
    installation: Installation, name: str, value: str, words: str
) -> None:
    installation.environment[name] = value
    refused = installation.run("up")
    assert refused.returncode == 1
    assert refused.stderr.startswith(words)
    assert refused.stderr.count("\n") == 1


def test_a_full_disk_is_one_clear_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("py360.entrypoints.home.FREE_MB", 1 << 40)  # more than any disk has
    umask = os.umask(0o077)  # a start sets it
    with pytest.raises(Refusal) as refused, locked(Settings(PY360_HOME=str(home), _env_file=None)):
        raise AssertionError("it starts")
    os.umask(umask)
    words = rf"The disk of {home} is full: \d+ MB free, at least {1 << 40} MB are needed\."
    assert re.fullmatch(words, str(refused.value))


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_that_is_not_ours_is_one_clear_line(installation: Installation, host: str) -> None:
    installation.environment["PY360_HOST"] = host
    refused = installation.run("up")
    assert refused.returncode == 1
    assert re.fullmatch(rf"Cannot listen on {host}:{installation.port}: .+\. Check PY360_HOST\.\n", refused.stderr)


@pytest.mark.parametrize(
    ("revision", "commands", "words"),
    [
        ("9999_later", ["up", "api", "worker", "migrate"], "does not know the database's schema (9999_later)"),
        (
            "0001_baseline",
            ["api", "worker"],
            "has an older schema (0001_baseline). Bring it up to date with: py360 migrate",
        ),
    ],
)
def test_another_schema_is_one_clear_line(
    servers: Services, installation: Installation, revision: str, commands: list[str], words: str
) -> None:
    name = servers.clone()
    installation.environment |= {"DATABASE_URL": servers.database_url(name), "REDIS_URL": servers.redis_url}
    with psycopg.connect(servers.database_url(name)) as connection:
        connection.execute("update alembic_version set version_num = %s", (revision,))
    with ThreadPoolExecutor() as together:
        answers = list(together.map(installation.run, commands))
    for refused in answers:
        assert refused.returncode == 1
        assert words in refused.stderr
        assert refused.stderr.count("\n") == 1
    servers.drop(name)


def test_an_unwritable_home_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    refused = Installation(tmp_path / "file" / "home").run("up")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Cannot write to {tmp_path / 'file' / 'home'}: not a directory.")
    assert refused.stderr.count("\n") == 1


def test_beside_nothing_that_runs_commands_say_so(installation: Installation) -> None:
    refused = installation.run("dsn")
    assert refused.returncode == 1
    expected = f"DATABASE_URL is not set and no database runs on {installation.home}. Start it with: py360 up\n"
    assert refused.stderr == expected


def test_an_unknown_module_is_named(installation: Installation) -> None:
    refused = installation.run("api", "--modules", "identity,nonsense")
    assert refused.returncode == 2
    assert "nonsense" in refused.stderr


def _closed_folders(*paths: Path) -> set[Path]:
    """The folders above these paths that another account may not enter."""
    return {folder for path in paths for folder in path.resolve().parents if not folder.stat().st_mode & 0o001}


def _become_a_plain_user(installation: Installation) -> None:
    closed = _closed_folders(Path(sys.executable), CHECKOUT / "src")
    if closed and not os.environ.get("PY360_CI"):
        pytest.skip(f"a plain user may not enter {', '.join(map(str, closed))}")
    for folder in closed:  # on a machine made for the check; otherwise its owner decides
        folder.chmod(folder.stat().st_mode | 0o001)
    os.chown(installation.home.parent, 65534, 65534)
    installation.prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    installation.environment["HOME"] = str(installation.home.parent)


def test_a_plain_user_runs_it_on_the_address_that_is_set_and_whatever_dies_is_started_again(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = os.geteuid()
    if user == 0:
        _become_a_plain_user(installation)
        user = 65534
    host = _ipv6_or_ipv4(installation.port, monkeypatch)
    installation.environment["PY360_HOST"] = host.strip("[]")
    address = f"http://{host}:{installation.port}/api"
    installation.environment |= {"PY360_ADMIN_EMAIL": "boss@example.com", "PY360_ADMIN_PASSWORD": "given by them 7"}
    said = installation.start(START_SECONDS)
    assert f"{address} " in said
    assert "boss@example.com  password as set in PY360_ADMIN_PASSWORD" in said
    assert httpx.get(f"{address}/health").json()["data"]["ready"]
    assert {process.uids().real for process in installation.processes()} == {user}
    _kill_the_worker(installation)
    _kill_the_servers(installation, address)

    assert installation.process is not None
    installation.process.kill()  # what it leaves is in nobody's way
    installation.process.wait(10)
    installation.start(START_SECONDS)
    assert installation.stop() == 0
    installation.environment["PY360_HOME"] = "/etc/py360"
    refused = installation.run("up")
    assert refused.returncode == 1
    assert refused.stderr == "Cannot write to /etc/py360: permission denied. Choose another folder with PY360_HOME.\n"


def _kill_the_worker(installation: Installation) -> None:
    worker = next(process for process in installation.processes() if "worker" in process.cmdline()[-2:])
    worker.kill()
    installation.wait_for("The worker stopped (signal SIGKILL). Starting it again in 1 s.", 30)
    deadline = time.monotonic() + 60
    while not any("worker" in process.cmdline()[-2:] for process in installation.processes()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _kill_the_servers(installation: Installation, address: str) -> None:
    with redis.from_url((installation.home / "valkey" / "url").read_text()) as cache:
        valkey = cache.info("server")["process_id"]
    postgres = (installation.home / "postgres" / "postmaster.pid").read_text().split()[0]
    for name, number in (("database", postgres), ("cache", valkey)):
        os.kill(int(number), signal.SIGKILL)
        installation.wait_for(f"The {name} had stopped. It runs again.", 60)
    deadline = time.monotonic() + 60
    while httpx.get(f"{address}/health").status_code != 200:  # stale connections first
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _ipv6_or_ipv4(port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The loopback to listen on, as an address has it; a port that is taken there is refused first."""
    try:
        taken = socket.create_server(("::1", port), family=socket.AF_INET6)
    except OSError:  # a machine without IPv6
        return "127.0.0.1"
    monkeypatch.setattr("py360.entrypoints.home.ORPHAN_SECONDS", 0.0)
    with taken, pytest.raises(Refusal, match=f"Cannot listen on ::1:{port}: another program uses it."):
        check_ports(Settings(PY360_HOST="::1", PY360_PORT=port, _env_file=None))
    return "[::1]"
