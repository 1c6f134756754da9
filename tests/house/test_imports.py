"""Who may import what, where import-linter's contracts cannot say it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import CHECKOUT, SOURCE

BORDER = {"api", "events"}  # what one module may import of another
FASTAPI_FILES = {"routes.py", "access.py"}
FASTAPI_FOLDERS = {"console", "sandbox", "entrypoints"}


def _imports(path: Path) -> Iterator[str]:
    """Every dotted name a file imports, however deep the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files() -> Iterator[tuple[Path, Path]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path, path.relative_to(SOURCE)


def test_a_module_is_reached_through_its_api_and_events() -> None:
    trespasses = []
    for path, relative in _files():
        if relative.as_posix() == "entrypoints/wiring.py":
            continue  # the only file that knows every module
        own = relative.parts[1] if relative.parts[0] == "modules" else ""
        for name in _imports(path):
            parts = name.split(".")
            if parts[:2] == ["py360", "modules"] and len(parts) > 3 and parts[2] != own and parts[3] not in BORDER:
                trespasses.append(f"{relative} imports {name}")
    assert not trespasses, trespasses


def test_fastapi_stays_at_the_edges() -> None:
    strays = []
    for path, relative in _files():
        allowed = (
            relative.parts[0] in FASTAPI_FOLDERS
            or relative.name in FASTAPI_FILES
            or "routes" in relative.parts[2:-1]
            or relative.parts[:2] == ("kit", "http")
        )
        if not allowed and any(name.split(".")[0] == "fastapi" for name in _imports(path)):
            strays.append(str(relative))
    assert not strays, strays


def test_tests_share_helpers_through_factories_only() -> None:
    """No test imports a sibling test."""
    found = [
        (path.relative_to(CHECKOUT).as_posix(), line)
        for path in (CHECKOUT / "tests").rglob("*.py")
        for line in path.read_text().splitlines()
        if re.match(r"(from|import) tests\S*\.test_\w+", line)
    ]
    assert found == []
