"""Whose table is whose: one module writes it, and modules below read only views of it (house, section 4.4)."""

import re
from collections import defaultdict
from typing import Final

from py360.entrypoints.wiring import MODULES
from tests.house.source import CHECKOUT, SOURCE

# Tables that two modules write, and why.
SHARED: Final = {
    "providers": "an account per channel; payments makes the sandbox's of its own",
    "webhook_inbox": "each module takes in its own vendors' webhooks",
}
# What a lower module reads of a higher one's table itself, and why.
READ_BELOW: Final = {
    ("cases", "upload_batches"): "every case list names the batch, and a view would be planned anew for each",
    ("customers", "consents"): "an import that is undone asks once per customer whether they ever said anything",
}
_MADE: Final = re.compile(r"create (?:unlogged )?table (?:if not exists )?(\w+)")
_WRITTEN: Final = re.compile(r"(?:insert into|update|delete from) (\w+)|__tablename__ = \"(\w+)\"")
_READ: Final = re.compile(r"(?:from|join) (\w+)")


def _found(pattern: re.Pattern[str]) -> dict[str, set[str]]:
    """The modules in whose source the pattern names a table, by table."""
    migrations = "\n".join(
        path.read_text() for path in (CHECKOUT / "migrations" / "versions").iterdir() if path.is_file()
    )
    tables = set(_MADE.findall(migrations))
    found: dict[str, set[str]] = defaultdict(set)
    for module in MODULES:
        for path in (SOURCE / "modules" / module).rglob("*.py"):
            for match in pattern.finditer(path.read_text()):
                if (table := next(filter(None, match.groups()))) in tables:
                    found[table].add(module)
    return found


def test_a_table_is_written_by_one_module() -> None:
    several = {table: sorted(modules) for table, modules in _found(_WRITTEN).items() if len(modules) > 1}
    assert several.keys() == SHARED.keys(), several


def test_a_lower_module_reads_views_of_a_higher_one() -> None:
    owners = _found(_WRITTEN)
    below = {
        (reader, table)
        for table, readers in _found(_READ).items()
        for reader in readers
        if table in owners and all(MODULES.index(reader) < MODULES.index(owner) for owner in owners[table])
    }
    assert below == READ_BELOW.keys(), below
