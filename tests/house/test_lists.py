"""What is true of every list: it sorts and searches, and all of it comes as a file."""

from typing import Any

import httpx
import pytest

from tests.house.source import shipped_description

# Without `search`: nothing to find a text in, or so few rows.
NOT_SEARCHED = {
    "/api/dnc/compliance-reports": "figures of periods; no text to find",
    "/api/campaigns/{campaign_id}/recipients": "by status",
    "/api/cases/{case_id}/payment-history": "the few payments of one case",
    "/api/customers/{customer}/policies": "the few policies of one customer",
    "/api/upload/{upload_id}/errors": "by severity and code",
    "/api/templates/export": "what GET /api/templates finds, to be imported elsewhere",
}


@pytest.fixture(scope="module")
def lists() -> dict[str, set[str]]:
    """Every list, and what it may be asked: lists are what can be sorted."""
    paths: dict[str, dict[str, Any]] = shipped_description()["paths"]
    asked = {
        path: {each.get("name") for each in operations["get"].get("parameters", ())}
        for path, operations in paths.items()
        if "get" in operations
    }
    return {path: names for path, names in asked.items() if "sort" in names}


def test_every_list_comes_as_a_file(lists: dict[str, set[str]]) -> None:
    assert [path for path, names in lists.items() if "format" not in names] == []


def test_every_list_can_be_searched(lists: dict[str, set[str]]) -> None:
    assert {path for path, names in lists.items() if "search" not in names} == set(NOT_SEARCHED)


async def test_each_file_has_headings_and_each_sort_is_checked(
    lists: dict[str, set[str]], as_admin: httpx.AsyncClient
) -> None:
    plain = sorted(path for path in lists if "{" not in path and path not in ("/api/logs", "/api/files"))
    assert len(plain) > 12
    for path in plain:
        page = await as_admin.get(path)
        assert page.status_code == 200, (path, page.text)
        refused = await as_admin.get(path, params={"sort": "shoeSize"})
        assert refused.status_code == 422, (path, refused.text)
        assert refused.json()["error"]["code"] == "unknown_sort", path
        for format, begins in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("pdf", b"%PDF-"), ("json", b"[")):
            file = await as_admin.get(path, params={"format": format})
            assert (file.status_code, file.content[: len(begins)]) == (200, begins), (path, format, file.text[:300])
        (rows,) = (value for value in page.json()["data"].values() if isinstance(value, list))
        whole = (await as_admin.get(path, params={"format": "json"})).json()
        assert [held | row for held, row in zip(whole, rows, strict=False)] == whole[: len(rows)], path
        assert (await as_admin.get(path, params={"format": "doc"})).status_code == 422, path
