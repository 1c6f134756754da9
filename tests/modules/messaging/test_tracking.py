"""Links in messages: pixel, clicks, unsubscribe."""

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.messaging.links import click_url, open_url, read_click, short_url, unsubscribe_url
from tests.conftest import RunJobs
from tests.modules.messaging.conftest import AddCustomer
from tests.modules.messaging.test_ledger import row
from tests.modules.messaging.test_webhooks import message


def path(url: str) -> str:
    """The path of one of our addresses."""
    return "/api/" + url.partition("/api/")[2]


async def test_the_pixel_counts_an_open(client: httpx.AsyncClient, client_id: int, run_jobs: RunJobs) -> None:
    number = await message(client_id, "email", "asha@example.com")
    for _ in range(3):
        answer = await client.get(path(open_url(number)))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
        assert "no-store" in answer.headers["cache-control"]
    async with unit_of_work() as session:
        assert await db.value(session, "select count(*) from webhook_inbox") == 1
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


async def test_a_forged_link_leads_nowhere(client: httpx.AsyncClient, client_id: int) -> None:
    number = await message(client_id, "email", "asha@example.com")
    good = path(click_url(number, "https://example.com/"))
    answer = await client.get(good[:-2] + "xx")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "bad_token")
    token = good.rpartition("/")[2]
    assert (
        await client.get(f"/api/unsubscribe/{token}")
    ).status_code == 404  # a link of one purpose is none of another


async def test_scanners_and_prefetchers_do_not_count(client: httpx.AsyncClient, client_id: int) -> None:
    number = await message(client_id, "email", "asha@example.com")
    link = path(click_url(number, "https://example.com/"))
    for headers in ({"User-Agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)"}, {"Sec-Purpose": "prefetch"}):
        assert (await client.get(link, headers=headers)).status_code == 302
    assert (await client.head(link)).status_code == 302  # many only ask whether it is there
    async with unit_of_work() as session:
        assert await db.value(session, "select count(*) from webhook_inbox") == 0


async def test_looking_at_the_unsubscribe_page_changes_nothing(client: httpx.AsyncClient, client_id: int) -> None:
    number = await message(client_id, "email", "asha@example.com")
    answer = await client.get(path(unsubscribe_url(number)))
    assert answer.status_code == 200
    assert "asha@example.com" in answer.text
    async with unit_of_work() as session:
        assert await db.value(session, "select count(*) from suppressions") == 0


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
        suppressed = await db.all(session, "select contact, reason, message_id from suppressions")
        states = await db.all(session, "select state from consents where customer_id = %(c)s", {"c": customer})
    assert suppressed == [{"contact": "asha@example.com", "reason": "unsubscribe", "message_id": number}]
    assert {each["state"] for each in states} == {"opted_out"}
