"""The console in a real browser: the main job by its labels, and what only a browser shows."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.factories.policy_files import HEADINGS, row, xlsx_of
from tests.installation import FIRST_START_SECONDS, Installation

CHROMIUM = shutil.which("chromium") or ""
AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
EMAIL, PASSWORD = "admin@py360.local", "correct horse battery staple"
SECONDS = 90_000  # what a busy machine may take, in milliseconds
expect.set_options(timeout=SECONDS)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EXPECTED = re.compile(r"status of (401|409|412|422)")  # a refusal that the test provokes


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """`py360 up` in a folder of its own; where PY360_TEST_PORT names one that runs already, that."""
    made = Installation(tmp_path_factory.mktemp("console"), PY360_ADMIN_PASSWORD=PASSWORD)
    if port := os.environ.get("PY360_TEST_PORT"):
        made.port = int(port)
        yield made
        return
    try:
        made.start(4 * FIRST_START_SECONDS)  # beside other tests
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    os.environ["DEBUG"] = ""
    playwright: Playwright
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Window:
    """A window in which the administrator has signed in; what its console complained of."""

    def __init__(self, chromium: Browser, installation: Installation, **options: object) -> None:
        context = chromium.new_context(base_url=f"http://127.0.0.1:{installation.port}", **options)
        context.set_default_timeout(SECONDS)
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto("/")
        self.page.get_by_label("E-mail").fill(EMAIL)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/console/dashboard")

    def close(self) -> None:
        """Close it; there was nothing to complain of but the refusals that the test provoked."""
        self.page.context.close()
        assert [text for text in self.complaints if not EXPECTED.search(text)] == []


def axe(page: Page) -> list[str]:
    """What axe finds wrong with a page, by WCAG 2.2 AA."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}" for each in found["violations"]]


@pytest.fixture(scope="module")
def worked(chromium: Browser, installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """The main job by clicking: a file, a campaign, an answer and a payment in the sandbox."""
    window = Window(chromium, installation)
    page = window.page
    page.get_by_role("link", name="Uploads").first.click()
    path = tmp_path_factory.mktemp("files") / "renewals.xlsx"
    first = int(time.time()) % 90_000  # another file each time, also on an installation that knows the last one
    path.write_bytes(xlsx_of([HEADINGS, *(row(number) for number in range(first, first + 30))]))
    page.get_by_label("Policy files").set_input_files(path)
    page.wait_for_url("**/uploads/upload-*")
    page.get_by_role("link", name="Create campaign from this").click()
    for channel in ("WhatsApp", "SMS", "E-mail"):
        page.get_by_role("checkbox", name=channel).check()
        page.get_by_label(f"Template for {channel}").select_option(index=1)
    expect(page.get_by_role("complementary")).to_contain_text("recipients")
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url("**/campaigns/campaign-*")
    expect(page.get_by_text("100%", exact=True)).to_be_visible(timeout=SECONDS)
    return window


def test_main_job_ends_with_a_renewed_case(worked: Window) -> None:
    page = worked.page
    page.get_by_role("link", name="Sandbox").click()
    page.get_by_label("Channel").select_option("WhatsApp")
    page.wait_for_url("**channel=whatsapp")
    page.get_by_label("Answer as the customer").fill("Yes, please call me")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("status").filter(has_text="on its way")).to_be_visible()
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_role("link", name="Closed cases").click()
    renewed = page.locator("#list").get_by_text("Renewed", exact=True)
    for _ in range(60):
        if renewed.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(renewed.first).to_be_visible()


def test_pages_are_accessible_and_silent(worked: Window) -> None:
    page = worked.page
    wrong: dict[str, list[str]] = {}
    for path in ("components", "uploads", "cases", "cases/CASE-1", "cases/CASE-1/payments", "campaigns", "campaigns/new",
                 "templates", "sandbox", "customers", "dnc", "providers", "roles", "settings", "profile"):  # fmt: skip
        page.goto(f"/console/{path}")
        page.wait_for_load_state("networkidle")
        if found := axe(page):
            wrong[path] = found
    assert wrong == {}
    assert [text for text in worked.complaints if not EXPECTED.search(text)] == []


def test_hindi_urdu_dark_and_phone(chromium: Browser, installation: Installation, worked: Window) -> None:
    window = Window(chromium, installation, viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = window.page
    page.goto("/console/cases?lang=hi")
    expect(page.get_by_role("heading", name="केस", exact=True)).to_be_visible()
    for path in ("/console/cases", "/console/cases/CASE-1", "/console/campaigns/new", "/console/uploads"):
        for language in ("hi", "ur"):
            page.goto(f"{path}?lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, (path, language)
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert axe(page) == []
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Cases", exact=True)).to_be_visible()
    window.close()


def test_two_windows_do_not_overwrite_each_other(chromium: Browser, installation: Installation, worked: Window) -> None:
    first, second = Window(chromium, installation), Window(chromium, installation)
    for window in (first, second):
        window.page.goto("/console/cases/CASE-2")
    plans = [f"Call on Monday, {time.time()}", f"Write an e-mail, {time.time()}"]
    first.page.get_by_label("Plan").fill(plans[0])
    second.page.get_by_label("Plan").fill(plans[1])
    first.page.get_by_role("button", name="Save", exact=True).first.click()
    expect(first.page.get_by_text("CASE-2 is saved.")).to_be_visible()
    second.page.get_by_role("button", name="Save", exact=True).first.click()
    expect(second.page.get_by_role("button", name="Show the newest")).to_be_visible()
    expect(second.page.get_by_label("Plan")).to_have_value(plans[1])
    first.close()
    second.page.on("dialog", lambda dialog: dialog.accept())
    second.close()


def test_session_that_ends_in_a_form_loses_no_input(
    chromium: Browser, installation: Installation, worked: Window
) -> None:
    window = Window(chromium, installation)
    page = window.page
    page.goto("/console/cases/CASE-3")
    comment = f"The customer asked for an instalment plan, {time.time()}."
    page.get_by_label("New comment").fill(comment)
    page.context.clear_cookies(name=re.compile("py360_(access|refresh)"))
    page.get_by_role("button", name="Add the comment").click()
    page.get_by_role("dialog").get_by_label("Password").fill(PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The comment is added.")).to_be_visible()
    expect(page.get_by_text(comment).first).to_be_visible()
    window.close()
