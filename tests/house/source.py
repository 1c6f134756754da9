"""The product's source as the house tests read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SOURCE = CHECKOUT / "src" / "py360"


def files(*folders: str) -> Iterator[tuple[str, ast.Module, list[str]]]:
    """Each file below these folders of the product: its path there, its syntax tree, its lines."""
    for folder in folders or ("",):
        for path in sorted((SOURCE / folder).rglob("*.py")):
            text = path.read_text()
            yield path.relative_to(SOURCE).as_posix(), ast.parse(text), text.splitlines()
