"""Signing in to the console, and what its cookies open and to whom."""

import re
from datetime import timedelta

import httpx

from py360.console import navigation
from py360.kit.clock import FixedClock
from tests.console.conftest import Browser, BrowserOf
from tests.services import ADMIN, PASSWORD


async def test_visitor_is_led_to_sign_in_and_from_there_to_the_page_they_wanted(browser: Browser) -> None:
    page = await browser.get("/console/profile")
    assert page.url.path == "/console/sign-in"
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    wanted = re.search(r'name="next" value="([^"]+)"', page.text)
    assert token and wanted and wanted[1] == "/console/profile"
    form = {"email": ADMIN, "password": PASSWORD, "csrf": token[1], "next": wanted[1]}
    arrived = await browser.post("/console/sign-in", data=form, headers={"origin": "http://test"})
    assert arrived.url.path == "/console/profile"
    assert "First Administrator" in arrived.text


async def test_sign_in_leads_on_to_no_other_site(browser: Browser) -> None:
    page = await browser.get("/console/sign-in", params={"next": "//evil.example/console/"})
    assert 'name="next" value="/console/"' in page.text


async def test_wrong_password_is_said_on_the_form_which_keeps_the_address(browser: Browser) -> None:
    page = await browser.sign_in(ADMIN, "not this one")
    assert page.status_code == 401
    assert f'value="{ADMIN}"' in page.text
    assert "alert bad" in page.text


async def test_tokens_are_out_of_reach_of_scripts(browser: Browser) -> None:
    await browser.get("/console/sign-in")
    form = {"email": ADMIN, "password": PASSWORD, "csrf": browser.cookies["py360_csrf"]}
    answer = await browser.post(
        "/console/sign-in", data=form, headers={"origin": "http://test"}, follow_redirects=False
    )
    tokens = [line for line in answer.headers.get_list("set-cookie") if re.match("py360_(access|refresh)=", line)]
    assert len(tokens) == 2
    assert all("HttpOnly" in line and "SameSite=lax" in line and "Path=/console" in line for line in tokens)


async def test_change_from_another_site_is_refused(browser_of: BrowserOf) -> None:
    admin = await browser_of("admin")
    path, body = "/console/api/user/settings", {"language": "hi"}
    right = {"origin": "http://test", "x-csrf-token": admin.cookies["py360_csrf"], "accept": "application/json"}
    for wrong in ({"origin": "http://evil.example"}, {"x-csrf-token": "guessed"}, {"sec-fetch-site": "cross-site"}):
        refused = await admin.put(path, json=body, headers={**right, **wrong})
        assert refused.status_code == 403, wrong
    assert (await admin.put(path, json=body, headers=right)).status_code == 200


async def test_session_goes_on_after_the_access_token_has_expired(browser_of: BrowserOf, clock: FixedClock) -> None:
    admin = await browser_of("admin")
    before = admin.cookies["py360_access"]
    clock.moment += timedelta(minutes=11)
    page = await admin.get("/console/profile")
    assert page.url.path == "/console/profile"
    assert admin.cookies["py360_access"] != before


async def test_signed_out_browser_opens_nothing(browser_of: BrowserOf) -> None:
    admin = await browser_of("admin")
    form = {"csrf": admin.cookies["py360_csrf"]}
    await admin.post("/console/sign-out", data=form, headers={"origin": "http://test"})
    assert (await admin.get("/console/profile")).url.path == "/console/sign-in"


async def test_expired_session_is_told_to_scripts_not_redirected(browser: Browser) -> None:
    await browser.get("/console/sign-in")
    answer = await browser.ask("PUT", "/user/settings", json={})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"
    part = await browser.get("/console/cases", headers={"hx-request": "true"})
    assert part.status_code == 401  # a whole page would lose what was typed on it


async def test_first_page_is_the_first_that_the_role_may_open(browser_of: BrowserOf) -> None:
    viewer = await browser_of("viewer")
    page = await viewer.get("/console/", follow_redirects=False)
    assert page.headers["location"] == "/console/dashboard"
    assert "/console/users" not in (await viewer.get("/console/profile")).text


async def test_host_alone_leads_people_to_the_console(browser: Browser) -> None:
    assert (await browser.get("/")).url.path == "/console/sign-in"
    assert (await browser.get("/", headers={"accept": "application/json"})).json()["data"]["console"] == "/console"


async def test_style_and_script_are_kept_for_a_year_and_pages_never(browser: Browser) -> None:
    page = await browser.get("/console/sign-in")
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    style = re.search(r'href="(/console/static/app\.[0-9a-f]{10}\.css)"', page.text)
    assert style
    asset = await browser.get(style[1])
    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]


async def test_page_has_no_script_or_style_of_its_own(browser_of: BrowserOf) -> None:
    admin = await browser_of("admin")
    for path in ("/console/components", "/console/profile", "/console/notifications"):
        page = (await admin.get(path)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page), path


async def test_urdu_is_written_from_right_to_left_and_the_choice_is_kept(browser: Browser) -> None:
    page = await browser.get("/console/sign-in", params={"lang": "ur"})
    assert 'dir="rtl"' in page.text
    assert 'dir="rtl"' in (await browser.get("/console/sign-in")).text


async def test_what_cannot_be_shown_is_a_page_that_says_why(browser_of: BrowserOf) -> None:
    viewer = await browser_of("viewer")
    page = await viewer.get("/console/profile", params={"colour": "blue"})
    assert page.status_code == 422
    assert "There is no filter or parameter called colour" in page.text
    assert "To the first page" in page.text
    nowhere = await viewer.get("/console/no-such-page")
    assert nowhere.status_code == 404
    assert "There is no page at this address" in nowhere.text
    assert "/console/cases" in nowhere.text


async def test_key_of_the_second_step_is_shown_as_a_code_to_scan(browser_of: BrowserOf) -> None:
    viewer = await browser_of("viewer")
    made = (await viewer.ask("POST", "/auth/mfa/setup")).json()["data"]
    headers = {"origin": "http://test", "x-csrf-token": viewer.cookies["py360_csrf"]}
    part = await viewer.post("/console/profile/second-factor", json=made, headers=headers)
    assert part.status_code == 200, part.text
    assert "<svg" in part.text
    assert made["secret"][:4] + " " + made["secret"][4:8] in part.text


async def test_large_file_passes_the_bridge_under_the_limit_of_its_route(browser_of: BrowserOf) -> None:
    admin = await browser_of("admin")
    answer = await admin.ask("PUT", "/user/settings", content=b"x" * (2 << 20))
    assert answer.status_code == 413


def test_every_page_of_the_menu_has_a_permission_that_exists() -> None:
    from py360.modules.identity.catalogue import KNOWN

    named = {name for group in navigation.GROUPS for entry in group.entries for name in entry.permissions}
    assert named <= KNOWN


async def test_bearer_token_opens_pages_too(app: object, as_admin: httpx.AsyncClient) -> None:
    page = await as_admin.get("/console/profile", headers={"accept": "text/html"})
    assert page.status_code == 200
