"""Documents: linked to a record, read by whoever may read that, never trusted before they were scanned."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.files.settings import file_settings
from tests.factories.cases import MakeCase, make_case
from tests.modules.conftest import AsRole

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
RunJobs = Callable[[], Awaitable[None]]


async def add(
    caller: httpx.AsyncClient, entity: str, content: bytes = PDF, name: str = "policy.pdf", **form: str
) -> Any:
    """Send a document of a case."""
    data = {"entityType": "case", "entityId": entity, **form}
    return await caller.post("/api/files", files={"file": (name, content)}, data=data)


@pytest.fixture
def case(resources: Resources) -> MakeCase:
    """Make a case."""
    return make_case


async def test_a_document_is_stored_listed_downloaded_and_deleted(
    case: MakeCase, as_admin: httpx.AsyncClient, run_jobs: RunJobs, resources: Resources
) -> None:
    made = await case()
    answer = await add(as_admin, made.number, documentType="rc_book")
    assert answer.status_code == 201, answer.text
    file = answer.json()["data"]
    assert (file["mimeType"], file["scanStatus"], file["documentType"]) == ("application/pdf", "pending", "rc_book")
    listed = await as_admin.get("/api/files", params={"entityType": "case", "entityId": made.number})
    assert [each["id"] for each in listed.json()["data"]["files"]] == [file["id"]]
    await run_jobs()
    history = await as_admin.get(f"{made.path}/history")
    assert [line["action"] for line in history.json()["data"]["history"]] == ["Document Added"]
    got = await as_admin.get(file["downloadUrl"], params={"unscanned": "true"})
    assert (got.content, got.headers["x-content-type-options"]) == (PDF, "nosniff")
    assert got.headers["content-disposition"].startswith("attachment")
    async with unit_of_work() as session:
        key = await db.fetch_only(session, str, "select file_path from files")
    assert (await as_admin.delete(f"/api/files/{file['id']}")).status_code == 200
    assert (await as_admin.get(f"/api/files/{file['id']}")).status_code == 404
    await run_jobs()
    with pytest.raises(FileNotFoundError):
        await resources.storage.get(key)
    history = await as_admin.get(f"{made.path}/history")
    assert history.json()["data"]["history"][0]["action"] == "Document Deleted"


@pytest.mark.parametrize(
    ("status", "query", "answered"),
    [("pending", {}, 409), ("clean", {}, 200), ("infected", {"unscanned": "true"}, 409), ("error", {}, 409)],
)
async def test_only_a_scanned_document_is_sent_without_a_word(
    case: MakeCase, as_admin: httpx.AsyncClient, status: str, query: dict[str, str], answered: int
) -> None:
    made = await case()
    file = (await add(as_admin, made.number)).json()["data"]
    async with unit_of_work() as session:
        await db.execute(session, "update files set virus_scan_status = %(status)s", {"status": status})
    assert (await as_admin.get(file["downloadUrl"], params=query)).status_code == answered


@pytest.mark.parametrize(
    ("name", "content", "kind", "stored_as"),
    [
        ("scan.exe", PDF, "application/pdf", "scan.exe.pdf"),
        ("../../etc/photo.PNG", PNG, "image/png", "photo.PNG"),
        ("note", "पॉलिसी".encode(), "text/plain", "note.txt"),
    ],
)
async def test_type_is_found_by_the_content(
    case: MakeCase, as_admin: httpx.AsyncClient, name: str, content: bytes, kind: str, stored_as: str
) -> None:
    made = await case()
    file = (await add(as_admin, made.number, content, name)).json()["data"]
    assert (file["mimeType"], file["name"]) == (kind, stored_as)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "file_empty"),
        (b"MZ\x90\0\0", 415, "file_type_not_accepted"),
        (b"<!DOCTYPE html><script>alert(1)</script>", 415, "file_type_not_accepted"),
        (b"PK\x03\x04 evil.exe", 415, "archive_not_accepted"),
        (b"PK\x03\x04 word/document.xml word/vbaProject.bin", 415, "file_has_macros"),
    ],
)
async def test_what_is_no_document_is_refused_by_name(
    case: MakeCase, as_admin: httpx.AsyncClient, content: bytes, status: int, code: str
) -> None:
    made = await case()
    answer = await add(as_admin, made.number, content, "policy.pdf")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_size_and_number_have_limits(
    case: MakeCase, as_admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_settings(), "max_file_bytes", len(PDF))
    monkeypatch.setattr(file_settings(), "max_files_per_record", 1)
    made = await case()
    assert (await add(as_admin, made.number, PDF + b"x")).status_code == 413
    assert (await add(as_admin, made.number)).status_code == 201
    assert (await add(as_admin, made.number)).json()["error"]["code"] == "too_many_files"


async def test_a_file_follows_the_reach_and_permission_of_its_record(
    case: MakeCase, as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    agent = await as_role("agent")
    mine, other = await case(agent=agent.user["id"]), await case()
    file = (await add(as_admin, other.number)).json()["data"]
    assert (await add(agent, mine.number)).status_code == 201
    assert (await add(agent, other.number)).status_code == 404
    assert (await agent.get(f"/api/files/{file['id']}")).status_code == 404
    assert (await agent.delete(f"/api/files/{file['id']}")).status_code == 404
    stranger = await as_role("all_modules_manager")  # has no page of cases
    assert (await stranger.get(f"/api/files/{file['id']}")).status_code == 403
    viewer = await as_role("viewer")
    assert (await add(viewer, mine.number)).status_code == 403


async def test_an_unknown_record_is_named(as_admin: httpx.AsyncClient) -> None:
    assert (await add(as_admin, "CASE-999")).status_code == 404
    answer = await add(as_admin, "1", entityType="spaceship")
    assert answer.json()["error"]["code"] == "unknown_entity_type"


async def test_documents_of_customers_and_policies(case: MakeCase, as_admin: httpx.AsyncClient) -> None:
    made = await case()
    policy = await add(as_admin, made.policy_number, entityType="policy")
    customer = await add(as_admin, str(made.customer_id), entityType="customer")
    for answer in (policy, customer):
        assert answer.status_code == 201, answer.text
        read = await as_admin.get(f"/api/files/{answer.json()['data']['id']}")
        assert read.json()["data"]["entityId"] in (made.policy_id, made.customer_id)


async def test_a_picture_has_a_thumbnail_and_nothing_else_has(case: MakeCase, as_admin: httpx.AsyncClient) -> None:
    made = await case()
    target = io.BytesIO()
    Image.new("RGB", (1200, 600), "red").save(target, "JPEG")
    file = (await add(as_admin, made.number, target.getvalue(), "car.jpg")).json()["data"]
    small = await as_admin.get(f"/api/files/{file['id']}/thumbnail")
    assert (small.status_code, small.headers["content-type"]) == (200, "image/png"), small.text
    assert Image.open(io.BytesIO(small.content)).size == (256, 128)
    for content, name in ((PDF, "policy.pdf"), (PNG, "damaged.png")):
        other = (await add(as_admin, made.number, content, name)).json()["data"]
        answer = await as_admin.get(f"/api/files/{other['id']}/thumbnail")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_thumbnail")
