"""The console in a real browser: the main job by its labels, and what only a browser shows."""

import os
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, Route, expect, sync_playwright

from tests.console.window import CHROMIUM, PASSWORD, PATIENCE, Window, axe
from tests.factories.insurer import NAME, RenewalList, renewal_list
from tests.factories.policy_files import HEADINGS, row, xlsx_of
from tests.installation import START_SECONDS, Installation, installed

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]
TEMPLATES = {"WhatsApp": "renewal_reminder", "SMS": "Renewal Alert", "E-mail": "Renewal Reminder - 7 Days"}
REASONS = {
    "expiry_before_start": "Expiry before start", "premium_not_a_number": "Premium not a number",
    "policy_number_repeated": "Policy number repeated", "no_valid_contact": "No valid contact",
}  # fmt: skip
PAGES = (
    "dashboard", "dashboard/metrics", "dashboard/metrics/new", "components", "uploads", "uploads/upload-1", "uploads/upload-1/errors",
    "uploads/upload-1/mapping", "cases", "closed-cases", "logs", "cases/CASE-1", "cases/CASE-1/messages", "cases/CASE-1/payments",
    "cases/CASE-1/customer", "cases/CASE-1/history", "payments", "ledger", "campaigns", "campaigns/new", "campaigns/campaign-1",
    "campaigns/campaign-1/recipients", "campaigns/campaign-1/rules", "templates", "templates/new?type=sms", "templates/template-1", "dnc",
    "dnc/overrides", "dnc/blocked", "suppressions", "customers", "policies", "organization", "users", "users/1", "roles", "roles/1",
    "providers", "providers/1", "settings", "settings/campaigns", "sandbox", "sandbox/payments", "notifications", "profile",
)  # fmt: skip


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """`py360 up` in a folder of its own."""
    with installed(PY360_ADMIN_PASSWORD=PASSWORD) as made:
        made.start(START_SECONDS)
        yield made
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


@pytest.fixture(scope="module")
def renewals(tmp_path_factory: pytest.TempPathFactory) -> RenewalList:
    """The insurer's renewal list."""
    return renewal_list(tmp_path_factory.mktemp("files"))


def tile(page: Page, name: str) -> Locator:
    """A figure of a page, by its name."""
    return page.locator(".tile").filter(has=page.get_by_text(name, exact=True))


@pytest.fixture(scope="module")
def uploaded(chromium: Browser, installation: Installation, renewals: RenewalList) -> Window:
    """The first half of the main job: the list is sent, and what became of its rows is shown."""
    window = Window(chromium, installation)
    page = window.page
    script = "**/uploads.*.js"
    late: list[Route] = []
    page.route(script, lambda route: late.append(route))
    with page.expect_request(script):
        page.get_by_role("link", name="Uploads").first.click()
    page.get_by_label("Policy files").set_input_files(renewals.path)
    late[0].continue_()  # the file was chosen before the page's script had arrived
    page.unroute(script)
    page.wait_for_url("**/uploads/upload-*")
    expect(page.get_by_text(f"{renewals.failed} rows failed.")).to_be_visible()
    return window


def test_failed_rows_are_explained(uploaded: Window, renewals: RenewalList) -> None:
    page = uploaded.page
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    expect(tile(page, "Rows")).to_contain_text(f"{renewals.rows:,}")
    expect(tile(page, "New cases")).to_contain_text(f"{renewals.rows - renewals.failed:,}")
    for reason, count in renewals.failures.items():
        expect(page.get_by_role("row").filter(has_text=REASONS[reason])).to_contain_text(str(count))
    page.get_by_role("link", name="Premium not a number").click()
    wrong = page.get_by_role("row").filter(has_text="Write the premium as a number of rupees")
    expect(wrong.first).to_contain_text("Row ")
    with page.expect_download() as download:
        page.get_by_role("link", name="Error file").click()
    assert download.value.suggested_filename.endswith(".xlsx")


@pytest.fixture(scope="module")
def worked(uploaded: Window, renewals: RenewalList) -> Window:
    """The second half: a campaign on three channels, followed live; an answer and a payment in the sandbox."""
    page = uploaded.page
    dashboard = uploaded.context.new_page()
    dashboard.goto("/console/dashboard")
    page.get_by_role("link", name="Uploads").first.click()
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("link", name="Create campaign from this").click()
    page.get_by_label("Only some of them").check()
    page.get_by_label("Due from").fill(renewals.due.isoformat())
    page.get_by_label("Due to").fill(renewals.due.isoformat())
    for channel, template in TEMPLATES.items():
        page.get_by_role("checkbox", name=channel).check()
        page.get_by_label(f"Template for {channel}").select_option(label=f"{template} · Renewal · English")
    expect(page.get_by_role("complementary")).to_contain_text("would get a message")
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url("**/campaigns/campaign-*")
    expect(page.get_by_text("100%", exact=True)).to_be_visible()
    expect(tile(page, "Delivered")).not_to_contain_text(re.compile("Delivered *0"))
    page.get_by_role("link", name="Sandbox").click()
    page.get_by_label("Channel").select_option("WhatsApp")
    listed = page.get_by_role("navigation", name="Messages")
    expect(listed.get_by_text("E-mail")).to_have_count(0)  # the address changes before the list does
    listed.get_by_role("link").last.click()  # confirmations are newer
    page.wait_for_url("**id=*")
    expect(page.locator(".bubble")).to_contain_text("expires on")
    page.get_by_label("Answer as the customer").fill("Yes, please call me")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("status").filter(has_text="on its way")).to_be_visible()
    page.get_by_role("button", name="Pay", exact=True).click()
    return uploaded


def test_main_job_ends_with_a_renewed_case_and_a_dashboard_that_moved(worked: Window) -> None:
    page, dashboard = worked.page, worked.context.pages[-1]
    policy = re.search(r"your policy (\S+) expires", page.locator(".bubble").inner_text())
    assert policy
    expect(tile(dashboard, "Renewed")).not_to_contain_text(re.compile("Renewed *0"))
    expect(tile(dashboard, "Collected")).not_to_contain_text(re.compile("Collected *₹0"))
    page.get_by_role("link", name="Closed cases").click()
    page.get_by_label("Search", exact=True).fill(policy[1])
    found = page.get_by_role("row").filter(has_text=policy[1])
    for _ in range(PATIENCE // 1000):
        if found.filter(has_text="Renewed").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    found.get_by_role("link").first.click()
    page.get_by_role("link", name="Messages", exact=True).click()
    expect(page.get_by_text("Yes, please call me")).to_be_visible()


def test_pages_are_accessible_and_silent(worked: Window) -> None:
    page = worked.context.new_page()
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        answer = page.goto(f"/console/{path}")
        assert answer is not None
        if page.locator("[data-chart], [hx-trigger^=load]").count():
            page.wait_for_load_state("networkidle")
        if found := [*axe(page), *([] if answer.ok else [f"answered {answer.status}"])]:
            wrong[path] = found
    page.close()
    assert wrong == {}
    assert worked.complaints == []


def test_hindi_urdu_dark_and_phone(chromium: Browser, installation: Installation, worked: Window) -> None:
    window = Window(chromium, installation, viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = window.page
    page.goto("/console/cases?lang=hi")
    expect(page.get_by_role("heading", name="केस", exact=True)).to_be_visible()
    wide: list[tuple[str, str]] = []
    for path in PAGES:
        language = "ur" if path in ("cases", "cases/CASE-1", "campaigns/new", "uploads", "sandbox") else "hi"
        page.goto(f"/console/{path}{'&' if '?' in path else '?'}lang={language}")
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append((path, language))
    assert wide == []
    page.goto("/console/cases?lang=ur")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert axe(page) == []
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Cases", exact=True)).to_be_visible()
    window.close()


def test_files_are_dropped_and_only_checked(chromium: Browser, installation: Installation, worked: Window) -> None:
    window = Window(chromium, installation)
    page = window.page
    page.goto("/console/uploads")
    page.get_by_label("Only check the file first").check()
    content = list(xlsx_of([HEADINGS, *(row(number) for number in range(1, 4))]))
    files = page.evaluate_handle(
        "bytes => { const kept = new DataTransfer(); kept.items.add(new File([new Uint8Array(bytes)], 'branch.xlsx')); return kept; }",
        content,
    )
    page.get_by_text("Drop policy files here").dispatch_event("drop", {"dataTransfer": files})
    expect(page.get_by_role("heading", name="What branch.xlsx would do")).to_be_visible()
    expect(page.get_by_text("Nothing was imported.")).to_be_visible()
    window.close()


def test_draft_with_a_follow_up_is_changed(chromium: Browser, installation: Installation, worked: Window) -> None:
    window = Window(chromium, installation)
    page = window.page
    page.goto("/console/campaigns/new")
    page.get_by_label("Name", exact=True).fill("Second notice")
    page.get_by_role("checkbox", name="SMS").check()
    page.get_by_label("Template for SMS").select_option(label="Renewal Alert · Renewal · English")
    page.get_by_label("Write again to those who do not react").check()
    page.get_by_label("Text of follow-up 1").select_option(label="renewal_reminder · Renewal · English")
    page.get_by_label("And another one after it").first.check()
    page.get_by_label("Text of follow-up 2").select_option(label="Renewal Reminder - 7 Days · Renewal · English")
    page.get_by_role("button", name="Save as a draft").click()
    page.wait_for_url("**/campaigns/campaign-*")
    expect(page.get_by_role("row").filter(has_text="2 · E-mail")).to_contain_text("3 days")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Edit the draft").click()
    page.get_by_label("Policies that have ended").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="The campaign has no recipients")).to_be_visible()
    page.get_by_label("Renewals still open").check()
    page.get_by_label("Description").fill("For those who have not answered")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/campaigns/campaign-\d+$"))
    expect(page.get_by_role("paragraph").filter(has_text="For those who have not answered")).to_be_visible()
    page.goto(f"{page.url}/edit")
    expect(page.get_by_label("Renewals still open")).to_be_checked()
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
