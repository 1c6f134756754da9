"""Words of one meaning in three languages, as features of the model: what it learns of one language holds for the others."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path


@cache
def _concepts() -> Mapping[str, tuple[str, ...]]:
    """The concepts of each phrase."""
    held: Mapping[str, list[str]] = tomllib.loads((Path(__file__).parent / "lexicon.toml").read_text())["concept"]
    found: dict[str, tuple[str, ...]] = {}
    for name, phrases in held.items():
        for phrase in phrases:
            found[phrase] = (*found.get(phrase, ()), name)
    return found


def concepts_in(words: Sequence[str]) -> list[str]:
    """The concepts whose words or phrases (of up to three words) stand in a text."""
    known = _concepts()
    found: dict[str, None] = {}
    for place in range(len(words)):
        run = ""
        for word in words[place : place + 3]:
            run = f"{run} {word}" if run else word
            for name in known.get(run, ()):
                found[name] = None
    return list(found)
