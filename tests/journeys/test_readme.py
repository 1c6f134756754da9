"""The README's commands exist: what a newcomer copies works."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from py360.entrypoints.cli import cli
from tests.installation import CHECKOUT, START_SECONDS, Installation, installed

PAGES = ("README.md", "docs/operations.md", "CONTRIBUTING.md")


def commands(page: str) -> list[str]:
    """The lines of a page's shell blocks, and its `inline` make and py360 commands."""
    path = CHECKOUT / page
    if not path.exists():
        return []
    text = path.read_text()
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return lines + re.findall(r"`((?:make|py360) [^`\n]+)`", text)


def _named(program: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for line in commands(page):
            found += [
                (page, words) for words in re.findall(rf"(?:^|[\s(]){program} ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", line)
            ]
    return sorted(set(found))


@pytest.mark.parametrize(("page", "words"), _named("make"))
def test_every_make_target_named_exists(page: str, words: str) -> None:
    target = words.split()[0]
    done = subprocess.run(["make", "--dry-run", target], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{page}: {done.stderr}"


@pytest.mark.parametrize(("page", "words"), _named("py360"))
def test_every_py360_command_named_exists(page: str, words: str) -> None:
    name = words.split()[0]
    command = words.split() if name == "user" else [name]
    done = CliRunner().invoke(cli, [*command, "--help"])
    assert done.exit_code == 0, f"{page}: py360 {words}: {done.output}"


RUNS_US = re.compile(
    r"^(git clone|cd |make (test|check|bench|fast|clean)|py360 bench|pip install|python3? -m venv|\.ci/run|#|$)"
)
STARTS = re.compile(r"^(\w+=\S+ )*(make run|py360 up)$")


@pytest.fixture(scope="module")
def followed() -> Iterator[Installation]:
    """What runs when every line of the README's shell blocks was done, in order; what runs this very test is left out."""
    if Path(sys.prefix) != CHECKOUT / ".venv":
        pytest.skip("the README's commands use ./.venv: run the tests with `make test`")
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    lines = [re.sub(r"\s+#.*", "", line).strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    with installed() as one:
        one.environment["PATH"] = f"{CHECKOUT / '.venv' / 'bin'}:{one.environment['PATH']}"
        for line in lines:
            if STARTS.match(line):
                one.start(START_SECONDS, command=["sh", "-c", f"exec {line}"], folder=CHECKOUT)
            elif not RUNS_US.match(line):
                done = subprocess.run(
                    ["sh", "-ec", line], cwd=CHECKOUT, env=one.environment, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        yield one


@pytest.mark.slow
def test_what_the_first_start_said_is_so_and_it_starts_again_with_another_key(followed: Installation) -> None:
    installation, said = followed, followed.said.read_text()
    password = re.search(r"password (\S+)", said)
    assert password is not None, said
    kept = installation.home / "admin.password"
    assert kept.read_text().strip() == password[1]
    assert installation.sign_in("admin@py360.local", password[1]) == 200
    health = httpx.get(f"http://127.0.0.1:{installation.port}/api/health").json()
    assert health["data"] == {"live": True, "ready": True, "reasons": [], "deadLetters": 0}
    _belongs_to_this_account_only(installation.home)

    assert installation.run("webhooks").stdout == "Every webhook was applied.\n"
    second = installation.run("up")
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "already runs" in second.stderr
    made = installation.run(
        "user", "create", "asha@example.com", "--name", "Asha Rao", "--password", "a long enough secret 1"
    )
    assert made.returncode == 0, made.stderr
    refused = installation.run("user", "create", "nonsense", "--name", "X", "--password", "abc")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr

    sealed = _sealed(installation)
    installation.stop()  # `make` ends by the signal
    assert not [process for process in installation.processes() if process.is_running()]
    key = installation.home / "secret.key"
    old = key.read_text().split()
    assert installation.run("key", "rotate").returncode == 0
    assert (len(key.read_text().split()), key.read_text().split()[1:]) == (2, old)
    assert key.stat().st_mode & 0o777 == 0o600
    installation.environment["PY360_VENDOR_NETWORKS"] = "10.0.0.0/8,127.0.0.0/8"
    said = installation.start(START_SECONDS)
    assert "password" not in said
    assert "may point at this machine" in said
    assert installation.sign_in("asha@example.com", "a long enough secret 1") == 200
    resealed = _sealed(installation)
    assert resealed.keys() == sealed.keys()
    assert not set(resealed.values()) & set(sealed.values())

    people = json.loads(installation.run("user", "list", "--json").stdout)
    assert {person["email"] for person in people} == {"admin@py360.local", "asha@example.com"}
    assert set(people[0]) == {"id", "name", "email", "role", "status", "clientId"}
    assert installation.stop(signal.SIGINT) == 0

    key.write_text("")
    refused = installation.run("up")
    assert (refused.returncode, refused.stderr.count("\n"), key.read_text()) == (1, 1, ""), refused.stderr
    key.unlink()
    installation.environment["PY360_SECRET_KEY"] = "a key of the operator, long enough to be one"
    refused = installation.run("up")
    assert (refused.returncode, "not the one" in refused.stderr) == (1, True), refused.stderr


def _sealed(installation: Installation) -> dict[int, str]:
    """What is kept of the vendor accounts' secrets, by account."""
    with psycopg.connect(installation.run("dsn").stdout.strip()) as connection:
        return dict(connection.execute("select id, config_encrypted from providers").fetchall())


def _belongs_to_this_account_only(home: Path) -> None:
    for folder, _, names in os.walk(home):
        if "postgres" not in folder:
            for name in names:
                assert (Path(folder) / name).stat().st_mode & 0o077 == 0, name
    log = (home / "logs" / "api.log").read_text()
    assert '"event":"started"' in log
    assert '"role":"api"' in log
