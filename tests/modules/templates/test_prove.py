"""What people save is compiled in a process of its own; and nobody approves a wording of their own."""

import httpx
import orjson
import pytest

from py360.kit.db import unit_of_work
from py360.modules.templates.compiler import child
from py360.modules.templates.compiler.prove import prove
from py360.modules.templates.errors import TemplateInvalid
from py360.modules.templates.models import Template
from tests.factories.stored import read_value
from tests.modules.conftest import AsRole

HTML = {"name": "Deep", "type": "email", "subject": "x", "content": "<p>Dear {name}</p>"}
MJML = "<mjml><mj-body>{}</mj-body></mjml>"


@pytest.mark.parametrize(
    "content",
    [
        "<div>" * 30_000 + "x",
        MJML.format("<mj-section><mj-column>" * 10_000),
        "<p>{{ " + "not " * 100_000 + "name }}</p>",
        "<p>{% if name %}" + "{% elif name %}a" * 20_000 + "{% endif %}</p>",
        "<p>" + "{{ name }}" * 40_000 + "</p>",
    ],
    ids=["html", "mjml", "expression", "branches", "values"],
)
async def test_a_template_that_would_crash_the_compilers_is_refused_and_the_api_lives(
    as_admin: httpx.AsyncClient, content: str
) -> None:
    answer = await as_admin.post("/api/templates", json=HTML | {"content": content})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] in {"template_too_large", "template_syntax"}
    assert (await as_admin.get("/api/templates", params={"limit": 1})).status_code == 200


async def test_a_compiler_that_needs_too_much_ends_its_own_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes the plain checks and still takes too long is ended at its time; here that is at once."""
    monkeypatch.setattr("py360.modules.templates.compiler.prove.SECONDS", 0)
    template = Template(1, 1, "Slow", "email", "general", "x", "<p>x</p>", "html")
    with pytest.raises(TemplateInvalid, match="“Slow” cannot be made into an e-mail"):
        await prove([template])


def test_the_process_says_why_a_template_is_refused() -> None:
    template = {"id": 1, "client_id": 1, "name": "x", "channel": "email", "category": "general", "subject": "x"}
    (said,) = orjson.loads(
        child.answer(orjson.dumps([template | {"content": "<p>{{ name|safe }}</p>", "format": "html"}]))
    )
    assert said["refused"]["code"] == "template_syntax"


async def test_what_an_import_refuses_names_the_template(as_admin: httpx.AsyncClient) -> None:
    texts = [
        {"name": "Solitary", "type": "sms", "content": "Dear {name}"},
        {"name": "Two", "type": "sms", "content": "{{ x"},
    ]
    for templates in (texts, [texts[0], HTML | {"name": "Two", "content": "<p>{{ custmer_name }}</p>"}]):
        answer = await as_admin.post("/api/templates/import", json={"templates": templates})
        assert answer.status_code == 422
        assert answer.json()["error"]["message"].startswith("“Two”: ")
    assert (await as_admin.get("/api/templates", params={"search": "Solitary"})).json()["data"]["pagination"][
        "total"
    ] == 0


async def approval_required(as_admin: httpx.AsyncClient) -> None:
    current = (await as_admin.get("/api/settings/campaigns")).json()["data"]
    body = {"templateApprovalRequired": True}
    answer = await as_admin.put("/api/settings/campaigns", json=body)
    assert answer.status_code == 200, (answer.text, current)


async def test_somebody_else_approves_a_template(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    await approval_required(as_admin)
    author = await as_role("admin")
    made = (await author.post("/api/templates", json={"name": "A", "type": "sms", "content": "Dear {name}"})).json()[
        "data"
    ]
    assert made["status"] == "pending_approval"
    path = f"/api/templates/{made['templateId']}"
    own = await author.put(f"{path}/status", json={"status": "active"})
    assert (own.status_code, own.json()["error"]["code"]) == (403, "own_template")
    assert (await as_admin.put(f"{path}/status", json={"status": "active"})).json()["data"]["status"] == "active"


async def test_a_changed_wording_waits_for_approval_again(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    await approval_required(as_admin)
    author = await as_role("admin")
    made = (await author.post("/api/templates", json={"name": "A", "type": "sms", "content": "Dear {name}"})).json()[
        "data"
    ]
    path = f"/api/templates/{made['templateId']}"
    assert (await as_admin.put(f"{path}/status", json={"status": "active"})).status_code == 200
    renamed = await author.put(path, json={"name": "B"})
    assert renamed.json()["data"]["status"] == "active"  # the wording that was approved is still the same
    changed = await author.put(path, json={"content": "Pay now, {name}"})
    assert changed.json()["data"]["status"] == "pending_approval"
    own = await author.put(path, json={"status": "active"})
    assert (own.status_code, own.json()["error"]["code"]) == (403, "own_template")
    async with unit_of_work() as session:
        assert await read_value(session, "select is_active from templates where name = 'B'") is False


async def test_an_archived_template_comes_back_through_approval(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    author = await as_role("admin")
    made = (await author.post("/api/templates", json={"name": "A", "type": "sms", "content": "Dear {name}"})).json()[
        "data"
    ]
    path = f"/api/templates/{made['templateId']}"
    await author.put(f"{path}/status", json={"status": "archived"})
    await approval_required(as_admin)
    back = await author.put(f"{path}/status", json={"status": "active"})
    assert back.json()["data"]["status"] == "pending_approval"
