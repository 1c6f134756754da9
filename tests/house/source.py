"""The product's source as the house tests read it."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
SOURCE = CHECKOUT / "src" / "py360"


def files(*folders: str) -> Iterator[tuple[str, ast.Module, list[str]]]:
    """Each file below these folders of the product: its path there, its syntax tree, its lines."""
    for folder in folders or ("",):
        for path in sorted((SOURCE / folder).rglob("*.py")):
            yield path.relative_to(SOURCE).as_posix(), *_parsed(path)


@cache
def _parsed(path: Path) -> tuple[ast.Module, list[str]]:
    text = path.read_text()
    return ast.parse(text), text.splitlines()


@cache
def shipped_description() -> dict[str, Any]:
    """The OpenAPI document, which `test_the_description_is_current` holds to the routes: made from them it takes seconds."""
    parsed: dict[str, Any] = json.loads((CHECKOUT / "docs" / "openapi.json").read_text())
    return parsed
