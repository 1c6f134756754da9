"""The description of the API opens where there is no internet, and who knows only the host is shown where to go."""

import re

import httpx
import pytest

PERSON = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.slow
async def test_the_docs_name_only_addresses_of_ours_that_answer_and_may_be_kept(client: httpx.AsyncClient) -> None:
    page = await client.get("/api/docs", headers=PERSON)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in page.text.replace("<!--", ""), "another host"
    assert '"validatorUrl": null' in page.text
    addresses = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)
    kinds = {"js": "text/javascript", "css": "text/css"}
    found = {address.rpartition(".")[2]: address for address in addresses if not address.startswith("data:")}
    assert found.keys() == kinds.keys()
    for end, address in found.items():
        asset = await client.get(address)
        assert (asset.status_code, asset.headers["content-type"]) == (200, f"{kinds[end]}; charset=utf-8")
        assert "max-age=31536000" in asset.headers["cache-control"]
        assert len(asset.content) > 100_000
    assert (await client.get("/api/openapi.json")).status_code == 200


async def test_only_the_files_of_the_page_are_served(client: httpx.AsyncClient) -> None:
    page = await client.get("/api/docs")
    [folder] = set(re.findall(r"\"(/api/docs/[^/]+)/", page.text))
    for name in ("LICENSE", "nothing.js", "..%2F..%2Ffront.py"):
        assert (await client.get(f"{folder}/{name}")).status_code == 404, name


@pytest.mark.parametrize("path", ["/api", "/api/"])
async def test_the_front_door_says_where_to_go(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path, headers=PERSON)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert 'href="/api/docs"' in page.text and 'href="/api/health"' in page.text
    assert "docs/integration.md" in page.text
    for headers in ({}, {"Accept": "application/json"}):
        answer = await client.get(path, headers=headers)
        body = answer.json()
        assert (answer.status_code, body["success"]) == (200, True)
        assert (body["data"]["docs"], body["data"]["openapi"]) == ("/api/docs", "/api/openapi.json")
        assert (body["data"]["health"], body["data"]["guide"]) == ("/api/health", "docs/integration.md")
