"""Every page of the console, on an installation that has some of everything."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from py360.console import navigation
from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.http import Route
from tests.console.conftest import Browser, BrowserOf
from tests.house.book import statements_of_the_book
from tests.services import ADMIN, PASSWORD


@pytest_asyncio.fixture
async def admin(browser: Browser) -> AsyncIterator[Browser]:
    """The first administrator, in an office that has some of everything."""
    async with unit_of_work() as session:
        for statement in statements_of_the_book(2):
            await db.execute(session, statement)
    await browser.sign_in(ADMIN, PASSWORD)
    yield browser


def menu_paths() -> list[str]:
    """Every page of the menu."""
    return [f"/console{entry.path}" for group in navigation.GROUPS for entry in group.entries]


@pytest.mark.parametrize("language", ["en", "hi", "ur"])
async def test_pages_of_the_menu_open_in_every_language(admin: Browser, language: str) -> None:
    for path in menu_paths():
        if path != "/console/sandbox":
            page = await admin.get(path, params={"lang": language})
            assert page.status_code == 200, (path, page.text)
            assert "<h1>" in page.text, path
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page.text), path


async def test_menu_shows_nothing_that_its_reader_may_not_open(browser_of: BrowserOf) -> None:
    viewer = await browser_of("viewer")
    page = await viewer.get("/console/profile")
    for path in set(re.findall(r'href="(/console/[\w-]+)"', page.text)):
        assert (await viewer.get(path)).status_code == 200, path


async def test_case_has_its_tabs(admin: Browser) -> None:
    for tab in ("", "/messages", "/payments", "/customer", "/history"):
        page = await admin.get(f"/console/cases/CASE-1001{tab}")
        assert page.status_code == 200, page.text
        assert "Nair 1001" in page.text or "Rao 1001" in page.text


async def test_campaign_and_its_parts_open(admin: Browser) -> None:
    for part in ("", "/recipients", "/recipients?reached=opened", "/rules"):
        page = await admin.get(f"/console/campaigns/campaign-1001{part}")
        assert page.status_code == 200, page.text


async def test_form_of_a_campaign_counts_before_anything_is_made(admin: Browser) -> None:
    form = await admin.get("/console/campaigns/new")
    assert "Before you launch" in form.text
    counted = await admin.get("/console/campaigns/check", params={"type[]": "sms", "targetAudience": "all"})
    assert counted.status_code == 200
    assert "would get a message" in counted.text
    nothing = await admin.get("/console/campaigns/check", params={"type[]": "sms", "uploadId": "upload-999"})
    assert "alert bad" in nothing.text


async def test_template_is_shown_as_a_customer_sees_it(admin: Browser) -> None:
    editor = await admin.get("/console/templates/template-1")
    assert editor.status_code == 200
    assert "How the file is written" in (await admin.get("/console/templates/import")).text
    preview = await admin.get("/console/templates/template-1/preview")
    assert "/console/templates/template-1/mail" in preview.text
    mail = await admin.get("/console/templates/template-1/mail")
    assert "sandbox" in mail.headers["content-security-policy"]


async def test_sandbox_that_does_not_run_is_said_in_a_sentence(admin: Browser) -> None:
    page = await admin.get("/console/sandbox")
    assert page.status_code == 503
    assert "The sandbox does not run" in page.text


async def test_sandbox_is_for_administrators_of_the_installation(browser_of: BrowserOf) -> None:
    insurer = await browser_of("client_admin")
    assert (await insurer.get("/console/sandbox")).status_code == 403
    assert "/console/sandbox" not in (await insurer.get("/console/profile")).text


async def test_filters_stand_in_the_address_and_narrow_the_list(admin: Browser) -> None:
    assert "CASE-1001" in (await admin.get("/console/cases")).text
    page = await admin.get("/console/cases", params={"search": "nobody of that name", "status": ""})
    assert "CASE-1001" not in page.text
    assert "Nothing matches these filters" in page.text


async def test_unknown_case_is_a_page_that_names_it(admin: Browser) -> None:
    page = await admin.get("/console/cases/CASE-999999")
    assert page.status_code == 404
    assert "CASE-999999" in page.text


def test_each_page_of_the_menu_is_a_route(app: FastAPI) -> None:
    routes = {context.path for context in iter_route_contexts(app.routes) if isinstance(context.original_route, Route)}
    assert set(menu_paths()) <= routes


async def test_views_and_columns_of_a_list_are_its_readers_own(admin: Browser) -> None:
    await admin.ask("PUT", "/user/lists/cases/views", json={"name": "Due soon", "query": "?status=pending"})
    await admin.ask("PUT", "/user/lists/cases/columns", json={"columns": {"priority": True, "productName": False}})
    page = (await admin.get("/console/cases")).text
    assert 'href="/console/cases?status=pending">Due soon</a>' in page
    heads = re.findall(r"<th scope=\"col\".*?</th>", page, re.S)
    assert any("Priority" in head for head in heads)
    assert not any("Product" in head for head in heads)


@pytest.mark.parametrize("path", ["notices", "claims", "mandates", "policies", "call-list", "dnc/blocked", "audit-log"])
async def test_view_of_any_list_is_shown_again(admin: Browser, path: str) -> None:
    kept = {"name": "What I look at", "query": "?search=asha"}
    assert (await admin.ask("PUT", f"/user/lists/{path.replace('/', '-')}/views", json=kept)).status_code == 200
    page = (await admin.get(f"/console/{path}")).text
    assert f'href="/console/{path}?search=asha">What I look at</a>' in page


async def test_template_is_previewed_before_it_is_saved(admin: Browser) -> None:
    headers = {"origin": "http://test", "x-csrf-token": admin.cookies["py360_csrf"], "accept": "text/html"}
    draft = {"type": "email", "subject": "Hello {{first_name}}", "content": "<p>Dear {{customer_name}}</p>"}
    part = await admin.post("/console/templates/preview", json=draft, headers=headers)
    assert "Hello Asha" in part.text
    frame = re.search(r'src="(/console/templates/drafts/[^"]+)"', part.text)
    assert frame
    mail = await admin.get(frame[1])
    assert "Dear Asha Rao" in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    wrong = await admin.post("/console/templates/preview", json={**draft, "content": "{{nobody}}"}, headers=headers)
    assert "is not a variable we know" in wrong.text


async def test_tour_is_closed_for_good(admin: Browser) -> None:
    assert "How renewals run here" in (await admin.get("/console/dashboard")).text
    await admin.ask("PUT", "/user/settings", json={"showTour": False})
    assert "How renewals run here" not in (await admin.get("/console/dashboard")).text


async def test_sample_list_is_one_that_can_be_uploaded(admin: Browser) -> None:
    sample = await admin.get("/console/uploads/sample")
    assert sample.content.startswith(b"PK")


async def test_filter_of_a_campaign_narrows_whom_it_counts(admin: Browser) -> None:
    params = {"type[]": "sms", "targetAudience.dueFrom": "2020-01-01", "targetAudience.dueTo": "2020-01-02"}
    counted = await admin.get("/console/campaigns/check", params=params)
    assert re.search(r'<strong class="number">0</strong> would get a message', counted.text), counted.text


async def test_settings_say_their_range_and_offer_their_choices(admin: Browser) -> None:
    page = (await admin.get("/console/settings/campaigns")).text
    assert "30 to 2,555" in page
    assert re.search(r'<option value="weekly">Weekly</option>', page)
    for section in (
        "renewals",
        "payments",
        "dnc",
        "email",
        "claims",
        "whatsapp-flow",
        "feedback",
        "integrations",
        "system",
    ):
        assert (await admin.get(f"/console/settings/{section}")).status_code == 200


async def test_rules_of_renewals_are_shown_to_all_and_changed_by_those_who_may(
    admin: Browser, browser_of: BrowserOf
) -> None:
    rules = {
        "leadDays": [{"product": "Private Car", "days": 45}],
        "gracePeriods": [{"line": "motor", "paymentFrequency": "annual", "days": 10}],
    }
    assert (await admin.ask("PUT", "/renewal-rules", json=rules)).status_code == 200
    page = (await admin.get("/console/renewal-rules")).text
    assert 'name="leadDays.0.product"' in page
    assert 'data-version="1"' in page
    agent = await browser_of("agent")
    page = (await agent.get("/console/renewal-rules")).text
    assert "private car" in page
    assert "Motor · Once a year" in page
    assert 'data-api="PUT /renewal-rules"' not in page


async def test_audience_is_kept_shown_and_chosen_for_a_campaign(admin: Browser) -> None:
    kept = await admin.ask("POST", "/audiences", json={"name": "Motor first", "filter": {"policyTypes": ["motor"]}})
    code = kept.json()["data"]["audienceId"]
    assert "Motor first" in (await admin.get("/console/audiences")).text
    page = await admin.get(f"/console/audiences/{code}")
    assert page.status_code == 200, page.text
    assert 'value="motor" checked' in page.text
    form = (await admin.get("/console/campaigns/new", params={"audienceId": code})).text
    assert f'<option value="{code}" selected>' in form
    params = {"type[]": "sms", "targetAudience": "kept", "audienceId": code}
    counted = await admin.get("/console/campaigns/check", params=params)
    assert "would get a message" in counted.text, counted.text


async def test_opt_outs_are_in_the_count_of_a_campaign(admin: Browser) -> None:
    phones = (await admin.ask("GET", "/customers", params={"limit": 2})).json()["data"]["customers"]
    for each in phones:
        body = {
            "customerId": each["id"],
            "channel": "sms",
            "purpose": "service",
            "state": "opted_out",
            "source": "call",
        }
        assert (await admin.ask("POST", "/consents", json=body)).status_code == 201
    counted = await admin.get("/console/campaigns/check", params={"type[]": "sms", "targetAudience": "all"})
    assert re.search(r'<dt>Opted out</dt><dd class="number">−\d+</dd>', counted.text), counted.text


async def test_report_of_compliance_is_made(admin: Browser) -> None:
    made = await admin.ask("POST", "/dnc/compliance-reports", json={"reportType": "monthly"})
    assert made.status_code == 201, made.text
    assert "Monthly" in (await admin.get("/console/dnc/reports")).text


@pytest.mark.parametrize("reason", ["unsubscribe", "stop", "hard_bounce", "complaint", "manual"])
async def test_suppressions_are_narrowed_by_their_reason(admin: Browser, reason: str) -> None:
    page = await admin.get("/console/suppressions", params={"reason": reason})
    assert page.status_code == 200, page.text
    assert f'<option value="{reason}" selected>' in page.text


async def test_search_of_the_bar_finds_what_there_is_of_every_kind(admin: Browser) -> None:
    found = (await admin.get("/console/search", params={"q": "POL-1001"})).text
    for link in ("/console/policies?search=POL-1001", "/console/cases/CASE-1001"):
        assert f'href="{link}"' in found, found
    assert "Nothing was found" in (await admin.get("/console/search", params={"q": "no such thing"})).text
    assert "What are you looking for?" in (await admin.get("/console/search", params={"q": "a"})).text


async def test_change_from_a_page_leaves_one_line_in_the_audit_log(admin: Browser) -> None:
    before = (await admin.ask("GET", "/audit-logs")).json()["data"]["pagination"]["total"]
    assert (await admin.ask("POST", "/email-folders", json={"name": "Hail storm"})).status_code == 201
    after = (await admin.ask("GET", "/audit-logs")).json()["data"]
    assert after["pagination"]["total"] == before + 1
    assert after["auditLogs"][0]["path"] == "/api/email-folders"
