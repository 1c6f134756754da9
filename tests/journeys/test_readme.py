"""The README's commands exist: what a newcomer copies works."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from py360.entrypoints.cli import cli
from tests.installation import START_SECONDS, Installation

CHECKOUT = Path(__file__).parents[2]
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


@pytest.mark.slow
@pytest.mark.skipif(
    Path(sys.prefix) != CHECKOUT / ".venv", reason="the README's commands use ./.venv: run the tests with `make test`"
)
def test_the_readme_literally(tmp_path: Path) -> None:
    """Every line of the README's shell blocks, in order, on one fresh home; what runs this very test is left out."""
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    lines = [re.sub(r"\s+#.*", "", line).strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    one = Installation(tmp_path / "home")
    one.environment["PATH"] = f"{CHECKOUT / '.venv' / 'bin'}:{one.environment['PATH']}"
    try:
        for line in lines:
            if STARTS.match(line):
                if one.process is not None:
                    one.stop()
                one.start(START_SECONDS, command=["sh", "-c", f"exec {line}"], folder=CHECKOUT)
            elif not RUNS_US.match(line):
                done = subprocess.run(
                    ["sh", "-ec", line], cwd=CHECKOUT, env=one.environment, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    finally:
        if one.process is not None:
            one.stop()
