"""Links in messages: pixel, clicks, unsubscribe."""

import httpx

from py360.kit.db import unit_of_work
from py360.modules.messaging.links import click_url, open_url, read_click, short_url, unsubscribe_url
from tests.conftest import RunJobs
from tests.factories.ledger import row
from tests.factories.links import path
from tests.factories.stored import read_rows, read_value
from tests.factories.webhooks import message
from tests.modules.messaging.conftest import AddCustomer


async def test_the_pixel_counts_an_open(client: httpx.AsyncClient, client_id: int, run_jobs: RunJobs) -> None:
    number = await message(client_id, "email", "asha@example.com")
    for _ in range(3):
        answer = await client.get(path(open_url(number)))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
        assert "no-store" in answer.headers["cache-control"]
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from webhook_inbox") == 1
    await run_jobs()
    assert (await row(number))["status"] == "opened"


async def test_a_click_is_noted_and_led_on(client: httpx.AsyncClient, client_id: int, run_jobs: RunJobs) -> None:
    number = await message(client_id, "email", "asha@example.com")
    answer = await client.get(path(click_url(number, "https://example.com/a?b=1&c=2")))
    assert (answer.status_code, answer.headers["location"]) == (302, "https://example.com/a?b=1&c=2")
    await run_jobs()
    found = await row(number)
    assert (found["status"], found["opened_at"]) == ("clicked", found["clicked_at"])


async def test_links_to_ourselves_are_short_and_come_back_whole() -> None:
    target = "http://127.0.0.1:8360/p/abc.def"
    assert len(short_url(123, target)) < len("http://127.0.0.1:8360") + 70
    assert read_click(short_url(123, target).rpartition("/")[2]).url == target


async def test_a_forged_link_leads_to_a_page_that_says_so(client: httpx.AsyncClient, client_id: int) -> None:
    number = await message(client_id, "email", "asha@example.com")
    good = path(click_url(number, "https://example.com/"))
    token = good.rpartition("/")[2]
    # a link of one purpose is none of another
    for address in (good[:-2] + "xx", f"/api/unsubscribe/{token}", "/api/l/x", "/api/unsubscribe/x.y?lang=hi"):
        answer = await client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert ("यह लिंक मान्य नहीं है" if "hi" in address else "This link is not valid") in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await client.post("/api/unsubscribe/x", data={"List-Unsubscribe": "One-Click"})).status_code == 404
    pixel = await client.get("/api/track/open/x")
    assert (pixel.status_code, pixel.headers["content-type"]) == (404, "image/gif")


async def test_marks_that_programs_take_into_a_link_do_not_break_it(client: httpx.AsyncClient, client_id: int) -> None:
    number = await message(client_id, "email", "asha@example.com")
    for mark in (".", "),", "!", ">", "।", "*"):
        answer = await client.get(path(click_url(number, "https://example.com/")) + mark)
        assert (answer.status_code, answer.headers["location"]) == (302, "https://example.com/")
        assert (await client.get(path(unsubscribe_url(number)) + mark)).status_code == 200


async def test_the_unsubscribe_page_speaks_the_readers_language(client: httpx.AsyncClient, client_id: int) -> None:
    address = path(unsubscribe_url(await message(client_id, "email", "asha@example.com")))
    asked = await client.get(address, headers={"Accept-Language": "fr, hi-IN;q=0.8, en;q=0.5"})
    assert '<html lang="hi"' in asked.text
    assert "संदेश बंद करें" in asked.text
    for code in ("bn", "te", "mr", "ta", "gu", "ml", "kn", "pa", "as", "or", "ur"):
        assert f"?lang={code}" in asked.text
        assert "Stop these messages?" in (await client.get(address, params={"lang": code})).text
    done = await client.post(f"{address}?lang=hi")
    assert "अब इस पते पर संदेश नहीं भेजेगा" in done.text
    assert "यह बटन दबाने पर" not in done.text


async def test_scanners_and_prefetchers_do_not_count(client: httpx.AsyncClient, client_id: int) -> None:
    number = await message(client_id, "email", "asha@example.com")
    link = path(click_url(number, "https://example.com/"))
    for headers in ({"User-Agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)"}, {"Sec-Purpose": "prefetch"}):
        assert (await client.get(link, headers=headers)).status_code == 302
    assert (await client.head(link)).status_code == 302  # many only ask whether it is there
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from webhook_inbox") == 0


async def test_looking_at_the_unsubscribe_page_changes_nothing(client: httpx.AsyncClient, client_id: int) -> None:
    number = await message(client_id, "email", "asha@example.com")
    answer = await client.get(path(unsubscribe_url(number)))
    assert answer.status_code == 200
    assert "asha@example.com" in answer.text
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from suppressions") == 0


async def test_one_click_stops_the_messages(
    client: httpx.AsyncClient, client_id: int, add_customer: AddCustomer
) -> None:
    customer = await add_customer("asha@example.com")
    number = await message(client_id, "email", "asha@example.com")
    for _ in range(2):
        answer = await client.post(
            path(unsubscribe_url(number)),
            content="List-Unsubscribe=One-Click",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 200
    assert (await row(number))["unsubscribed_at"] is not None
    async with unit_of_work() as session:
        suppressed = await read_rows(session, "select contact, reason, message_id from suppressions")
        states = await read_rows(session, "select state from consents where customer_id = %(c)s", {"c": customer})
    assert suppressed == [{"contact": "asha@example.com", "reason": "unsubscribe", "message_id": number}]
    assert {each["state"] for each in states} == {"opted_out"}
