"""Whatever strangers write, jsonb takes it: without NULs, and nothing else changes."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from py360.kit import db, jsonb
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources

TEXTS = st.text(alphabet=["\0", "\\", "u", "0", '"', "a", "é", "\ud800", "\udfff", "🙂"], max_size=30)


def plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [plain(each) for each in value]
    return {plain(key): plain(each) for key, each in value.items()}


@given(st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)))
def test_only_what_jsonb_cannot_hold_is_gone(value: Any) -> None:
    assert json.loads(jsonb.dumps(value)) == plain(value)


async def test_postgresql_takes_it(resources: Resources) -> None:
    odd = [r"C:\u0000", "a\0b", "\\\0", "half \ud800 of one", {"\0": r"\\u0000"}]
    async with unit_of_work() as session:
        found = await db.fetch_only(session, list, "select %(json)s::jsonb", {"json": jsonb.dumps(odd)})
    assert found == plain(odd)
