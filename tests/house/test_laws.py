"""The rules of docs/architecture.md that can be read from the source."""

import ast
from collections.abc import Iterator

from tests.house.source import CHECKOUT, SOURCE, files

EDGES = ("entrypoints/", "sandbox/", "console/")
MOST_LINES = 400
NAMELESS = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}


def _calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last part of its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def test_only_the_edge_commits() -> None:
    """Law 1: one request or job is one transaction, and modules do not end it."""
    found = [
        f"{path}:{call.lineno} {name}()"
        for path, tree, _ in files("modules")
        for name, call in _calls(tree)
        if name in {"commit", "rollback"} or ast.unparse(call.func).endswith(("session.begin", "connection.begin"))
    ]
    assert not found, found


def test_a_flush_has_its_reason_on_the_line() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path, tree, lines in files("modules")
        for name, call in _calls(tree)
        if name == "flush" and "#" not in lines[call.lineno - 1]
    ]
    assert not found, found


def test_nothing_swallows_every_error() -> None:
    """Law 8: `except Exception` only at the edges, or where it raises again."""
    found = []
    for path, tree, _ in files():
        if path.startswith(EDGES):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            names = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)} if node.type else {""}
            again = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            if names & {"", "Exception", "BaseException"} and not again:
                found.append(f"{path}:{node.lineno}")
    assert not found, found


def test_no_task_runs_unwatched() -> None:
    """Law 8: no BackgroundTasks, and create_task only of a TaskGroup, below the edges."""
    found = []
    for path, tree, _ in files():
        groups = {
            item.optional_vars.id
            for node in ast.walk(tree)
            if isinstance(node, ast.AsyncWith)
            for item in node.items
            if ast.unparse(item.context_expr) == "asyncio.TaskGroup()" and isinstance(item.optional_vars, ast.Name)
        }
        found += [
            f"{path}:{call.lineno} {name}"
            for name, call in _calls(tree)
            if name in {"BackgroundTasks", "create_task", "ensure_future", "add_task"}
            and not path.startswith(EDGES)
            and not (isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in groups)
        ]
    assert not found, found


def test_only_the_settings_and_the_entrypoints_read_the_environment() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree, _ in files()
        if not path.startswith("entrypoints/") and path != "kit/settings.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
    ]
    assert not found, found


def test_files_are_short_and_named_for_what_is_in_them() -> None:
    """Section 3 and 7: over 400 lines a file is split along the domain; nothing is a drawer of odds and ends."""
    paths = [*SOURCE.rglob("*.py"), *(CHECKOUT / "tests").rglob("*.py"), *(CHECKOUT / "bench").rglob("*.py")]
    long = {path.relative_to(CHECKOUT).as_posix(): len(path.read_text().splitlines()) for path in paths}
    assert not {path: lines for path, lines in long.items() if lines > MOST_LINES}
    assert not [path for path in paths if path.name in NAMELESS]


def test_our_own_code_is_never_mocked() -> None:
    """Law 8: tests use the real servers and the sandbox."""
    found = [
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"))
        or (isinstance(node, ast.Import) and any(alias.name.startswith("unittest") for alias in node.names))
    ]
    assert not found, found


def test_nuls_leave_json_in_one_place() -> None:
    """Cutting the escape out of JSON text breaks what somebody wrote literally: `kit.jsonb` knows how."""
    found = [path for path, _, lines in files() if any("u0000" in line for line in lines)]
    assert [str(each) for each in found] == ["kit/jsonb.py"]
