"""Public pages: one look, and a page instead of raw JSON for whoever opens an address in a browser."""

import re

import httpx
import pytest

from py360.kit.pages import LANGUAGES, Language, notice

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    "address", ["/api/cases", "/api/nowhere", "/nowhere", "/pay/x", "/reset-password?token=x", "/confirm-email"]
)
async def test_a_bad_address_is_a_page_for_a_person(client: httpx.AsyncClient, address: str) -> None:
    page = await client.get(address, headers=BROWSER)
    assert page.status_code in {401, 404, 410}
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    nonce = re.search(r"style-src 'nonce-([^']+)'", page.headers["content-security-policy"])
    assert nonce
    assert f'<style nonce="{nonce[1]}">' in page.text
    assert "<script" not in page.text
    assert not re.search(r"(src|href)=\"https?:", page.text)


async def test_programs_get_json_as_before(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"Accept": "application/json, text/plain, */*"}, {"Accept": "application/json, text/html"}):
        answer = await client.get("/api/cases", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")


def test_a_language_is_found_by_code_name_and_browser() -> None:
    assert Language.of("Hindi").code == Language.of("hi-IN").code == Language.of("hi_IN").code == "hi"
    assert Language.of("klingon").code == Language.of(None).code == "en"
    assert Language.chosen(None, "de, ta;q=0.9, en;q=0.8").code == "ta"
    assert Language.chosen("bn", "ta").code == "bn"
    assert len(LANGUAGES) == 13


def test_a_language_without_texts_falls_back_to_english_from_left_to_right() -> None:
    page = notice("This link is not valid", "Please try again in a few minutes.", 404, LANGUAGES["kn"])
    assert '<html lang="en" dir="ltr">' in page.html
    urdu = notice("This link is not valid", "x", 404, LANGUAGES["ur"])
    assert '<html lang="ur" dir="rtl">' in urdu.html


def test_what_a_page_says_is_text() -> None:
    page = notice("<b>", "<script>alert(1)</script>", 400, LANGUAGES["en"], brand="A & <i>")
    assert "<script>" not in page.html
    assert "<b>" not in page.html
    assert "<i>" not in page.html
