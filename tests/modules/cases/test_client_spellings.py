"""What the customer's own client sends, in its own spelling, is taken (spec/client-contract.json)."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"page": "0", "limit": "10"}, (1, 10)),
        ({"page": "2", "limit": "1000"}, (2, 100)),
        ({"pageNumber": "2", "pageSize": "5"}, (2, 5)),
    ],
)
async def test_paging_in_other_spellings(
    as_admin: httpx.AsyncClient, asked: dict[str, str], shown: tuple[int, int]
) -> None:
    for path in ("/api/cases", "/api/templates", "/api/users"):
        page = (await as_admin.get(path, params=asked)).json()["data"]["pagination"]
        assert (page["page"], page["limit"]) == shown, path


async def test_sorting_in_other_spellings(as_admin: httpx.AsyncClient) -> None:
    async def names(**asked: str) -> list[str]:
        answer = await as_admin.get("/api/templates", params={"limit": "100", **asked})
        return [row["name"] for row in answer.json()["data"]["templates"]]

    up, down = await names(sort="name"), await names(sort="-name")
    assert up != down
    assert await names(sortBy="name", order="asc") == up
    for asked in (
        {"sortBy": "name", "order": "desc"},
        {"orderBy": "name", "sortOrder": "DESC"},
        {"sort": "name", "direction": "desc"},
    ):
        assert await names(**asked) == down
    refused = await as_admin.get("/api/templates", params={"sortBy": "shoeSize"})
    assert refused.json()["error"]["code"] == "unknown_sort"


async def test_comment_saved_with_the_case_is_a_comment(as_admin, make_case) -> None:
    case = await make_case()
    path = f"/api/cases/{case.number}"
    line = {"action": "Comment Added", "details": "Will pay on Friday", "date": "2026-11-20", "user": "Priya"}
    shown = (await as_admin.get(path)).json()["data"]["history"]
    saved = await as_admin.put(path, json={"history": [line, *shown], "isPriority": True})
    assert saved.status_code == 200, saved.text
    seen = (await as_admin.get(path)).json()["data"]
    assert [comment["text"] for comment in seen["comments"]] == ["Will pay on Friday"]
    assert seen["isPriority"] is True
    (row,) = (await as_admin.get("/api/cases", params={"search": case.number})).json()["data"]["cases"]
    assert row["comments"] == seen["comments"]
    assert row["flowSteps"] == seen["flowSteps"]
    other = await as_admin.put(path, json={"history": [{"action": "Renewed", "details": "Really"}]})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "read_only")


async def test_contact_that_is_malformed_is_refused(as_admin) -> None:
    assert (await as_admin.post("/api/verify/pan", json={"pan": "no PAN"})).status_code == 422
