"""The pages of claims, mail, money and service in a real browser: their journeys, and what only a browser shows."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Page, Route, async_playwright, expect

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.console.window import AXE, AXE_RUN, CHROMIUM, SHOWN_WHEN_READY
from tests.house.book import statements_of_the_book
from tests.services import ADMIN, PASSWORD

MILLISECONDS = 60_000  # what a busy machine may take
# A refusal that the test provokes; the driver's own script, which does not run in the frame of a mail.
EXPECTED = re.compile(r"status of (401|403|404|409|412|422)|Blocked script execution in")
PICTURES = os.environ.get("PY360_TEST_PICTURES")  # a folder, for those who want to see the pages
expect.set_options(timeout=MILLISECONDS)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]
PAGES = (
    "/claims", "/claims/new", "/claims/CLM-2026-001001", "/inbox", "/inbox/EMAIL-1001", "/inbox/compose", "/inbox/figures", "/mailboxes",
    "/inbox/renewals", "/mail-webhook",
    "/mailboxes/new", "/mail-rules", "/mail-rules/new", "/mail-rules/1001", "/renewal-rules", "/bulk-mail/letters", "/call-list", "/recommendations", "/risks", "/renewal-model", "/assistant", "/assistant/documents",
    "/assistant/settings", "/customers/CUST-1001", "/customers/CUST-1001/timeline", "/customers/CUST-1001/picture",
    "/customers/CUST-1001/documents", "/customers/CUST-1001/duplicates", "/duplicates", "/cases/CASE-1001/claims",
    "/cases/CASE-1001/payments", "/cases/CASE-1001/documents", "/policy-servicing", "/policy-servicing/SRV-1001",
    "/new-business", "/medical-management", "/payment-exceptions", "/statements", "/statements/1001", "/mandates",
    "/mandates/mandate-1001", "/debits", "/channels", "/channels/ch-1001", "/organization/1001/performance",
    "/hierarchy-comparison?nodeIds=1001&nodeIds=1002", "/policies/1001", "/notices", "/renewal-directions", "/agents",
    "/bulk-mail", "/bulk-mail/new", "/bulk-mail/BULK1001", "/mail-report", "/assistant/keys", "/audiences", "/clients", "/audit-log", "/billing",
    "/billing/messages", "/billing/vendors/1", "/dnc/reports", "/suppressions", "/templates/import",
)  # fmt: skip


@pytest_asyncio.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The application on a port, in an office that has some of everything."""
    async with unit_of_work() as session:
        for statement in statements_of_the_book(2):
            await db.execute(session, statement)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error", ws="websockets-sansio"))
    serving = asyncio.ensure_future(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest_asyncio.fixture
async def page(address: str) -> AsyncIterator[Page]:
    """A window in which the first administrator has signed in; it complained of nothing when it closes."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(
            base_url=address, viewport={"width": 1440, "height": 900}, bypass_csp=False
        )
        context.set_default_timeout(MILLISECONDS)
        await context.add_init_script(SHOWN_WHEN_READY)
        opened = await context.new_page()
        opened.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        await opened.goto("/console/sign-in")
        await opened.get_by_label("E-mail").fill(ADMIN)
        await opened.get_by_label("Password", exact=True).fill(PASSWORD)
        await opened.get_by_role("button", name="Sign in").click()
        await opened.wait_for_url("**/console/dashboard")
        yield opened
        await chromium.close()
    assert [each for each in complaints if not EXPECTED.search(each)] == []


async def faults_of(page: Page) -> list[str]:
    """What axe, which is in the page, finds wrong with it."""
    found = await page.evaluate(AXE_RUN)
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


async def too_wide(page: Page) -> list[str]:
    """Whether the page is wider than its window."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} px too wide"] if wide > 1 else []


async def picture(page: Page, name: str) -> None:
    """Keep what the page looks like, where somebody asked for it."""
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def test_pages_are_accessible_at_desk_and_on_a_phone(page: Page) -> None:
    wrong = {}
    for path in PAGES:
        await page.set_viewport_size({"width": 1440, "height": 900})
        answer = await page.goto(f"/console{path}")
        assert answer is not None
        assert answer.status == 200, path
        picture_name = path.strip("/").replace("/", "-").replace("?", "-")
        await page.evaluate(AXE)
        faults = await faults_of(page) + await too_wide(page)
        await picture(page, f"{picture_name}-desk")
        await page.set_viewport_size({"width": 390, "height": 900})
        faults += await faults_of(page) + await too_wide(page)
        await picture(page, f"{picture_name}-phone")
        if faults:
            wrong[path] = faults
    assert wrong == {}


async def test_claim_is_reported_and_proved_by_clicking(page: Page, tmp_path: Path) -> None:
    await page.goto("/console/claims")
    await page.get_by_role("link", name="Report a claim").click()
    await page.get_by_label("Policy number", exact=True).fill("POL-1001")
    await page.get_by_label("Date of the event").fill("2026-01-10")
    await page.get_by_label("Amount claimed").fill("much")
    await page.get_by_label("Description").fill("A truck hit the bumper.")
    await page.get_by_role("button", name="Report the claim").click()
    await expect(page.locator("#f-claimAmount-wrong")).not_to_be_empty()
    await page.get_by_label("Amount claimed").fill("48000")
    await page.get_by_role("button", name="Report the claim").click()
    await page.wait_for_url("**/console/claims/CLM-*")
    form = tmp_path / "form.pdf"
    form.write_bytes(b"%PDF-1.4\n%%EOF\n")
    await page.get_by_role("row", name="Claim form, signed").get_by_role("button", name="Add").click()
    dialog = page.get_by_role("dialog", name="Claim form, signed")
    await dialog.get_by_label("File").set_input_files(form)
    await dialog.get_by_role("button", name="Upload").click()
    await expect(page.get_by_role("link", name="form.pdf")).to_be_visible()
    await page.get_by_role("button", name="Start the review").click()
    await page.get_by_role("button", name="Approve").click()
    await page.get_by_role("dialog", name="Approve the claim").get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("button", name="Settle")).to_be_visible()


async def test_assistant_answers_in_the_page_and_mail_is_noted(page: Page) -> None:
    await page.goto("/console/assistant")
    await page.get_by_label("Your question").fill("How many cases are due this week?")
    await page.get_by_label("Your question").press("Enter")
    await expect(page.get_by_text("Answered by rules")).to_be_visible()
    await page.goto("/console/inbox/EMAIL-1001")
    await page.get_by_role("button", name="Suggest answers").click()
    await page.locator("#suggestions button").first.click()
    await expect(page.locator("#f-replyText")).not_to_have_value("")
    await page.get_by_label("New note").fill("Call her back")
    await page.get_by_role("button", name="Add the note").click()
    await expect(page.get_by_text("Call her back")).to_be_visible()
    await page.goto("/console/inbox/compose")
    await page.get_by_label("Text").fill("Your motor policy is due on 5 January.")
    await page.get_by_role("button", name="Suggest subjects").click()
    await page.locator("#subjects button").first.click()
    await expect(page.get_by_label("Subject")).not_to_have_value("")
    await page.get_by_role("button", name="Better words").click()
    await expect(page.get_by_text("Made by rules, without a language model.")).to_be_visible()


async def test_rule_takes_as_many_conditions_and_actions_as_one_adds(page: Page) -> None:
    await page.goto("/console/mail-rules/new")
    await page.get_by_label("Name", exact=True).fill("Storm damage")
    words = page.get_by_label("Words")
    await words.fill("storm")
    for word in ("hail", "roof"):
        await page.get_by_role("button", name="Add a condition").click()
        await words.last.fill(word)
    await page.get_by_role("button", name="Remove this row").nth(1).click()
    await page.get_by_role("button", name="Add an action").click()
    await page.get_by_label("Action").last.select_option(label="Move to a folder")
    await page.get_by_label("Folder").last.select_option(label="Team 1001")
    await page.get_by_role("button", name="Create").click()
    await page.wait_for_url("**/console/mail-rules")
    await expect(page.get_by_text("Subject contains")).to_have_count(0)
    await expect(
        page.get_by_text("Sender contains “storm” and Sender contains “roof” → Star, Move to a folder: Team 1001")
    ).to_be_visible()


async def test_days_of_grace_are_refused_beside_their_row_and_saved(page: Page) -> None:
    late: list[Route] = []
    await page.route("**/app.*.js", lambda route: late.append(route))
    async with page.expect_request("**/app.*.js"):
        await page.goto("/console/renewal-rules", wait_until="commit")
    await page.locator("form[data-api]").evaluate("form => form.requestSubmit()")
    await late[0].continue_()  # sent before the page's scripts had arrived
    await page.unroute("**/app.*.js")
    await expect(page.get_by_text("The rules were saved.")).to_be_visible()
    assert page.url.endswith("/console/renewal-rules")
    await page.get_by_role("button", name="Add a line").click()
    await page.get_by_label("Line", exact=True).fill("motor")
    await page.get_by_label("Days of grace", exact=True).fill("10")
    await page.get_by_role("button", name="Add a line").click()
    await page.get_by_label("Line", exact=True).last.fill("motor")
    await page.get_by_label("Days of grace", exact=True).last.fill("12")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("A line with this frequency is named twice.")).to_be_visible()
    await page.get_by_role("button", name="Remove this row").last.click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The rules were saved.")).to_be_visible()
    await expect(page.get_by_label("Line", exact=True)).to_have_value("motor")
    await expect(page.get_by_label("Line", exact=True)).to_have_count(1)


async def test_cases_are_worked_from_the_keyboard(page: Page) -> None:
    focused = "document.activeElement.getAttribute('href')"
    await page.goto("/console/cases")
    await page.keyboard.press("j")
    first = await page.evaluate(focused)
    await page.keyboard.press("j")
    assert await page.evaluate(focused) != first
    await page.keyboard.press("k")
    assert await page.evaluate(focused) == first
    await page.keyboard.press("/")
    search = page.locator("main").get_by_label("Search")
    await expect(search).to_be_focused()
    await search.blur()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/cases/CASE-*")
