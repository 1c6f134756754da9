"""Every text of the console that the catalogues must know."""

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

CONSOLE = Path(__file__).parents[2] / "src" / "py360" / "console"


def texts() -> set[str]:
    """The English texts: `_('…')` in templates, `text("…")` in code."""
    return {*_in_templates(), *_in_code()}


def _in_templates() -> Iterator[str]:
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    for path in sorted((CONSOLE / "templates").rglob("*.html")):
        for call in environment.parse(path.read_text()).find_all(nodes.Call):
            named = isinstance(call.node, nodes.Name) and call.node.name == "_"
            if named and call.args and isinstance(call.args[0], nodes.Const):
                yield str(call.args[0].value)


def _in_code() -> Iterator[str]:
    for path in sorted(CONSOLE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value
