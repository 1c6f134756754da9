"""The customer's page: what it shows, that looking spends nothing, paying, expiring, languages, and who may not see what."""

import re
from datetime import timedelta

import httpx

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.sandbox.vendors import Vendors
from tests.modules.payments.conftest import MakeCase, Voice, paid_link, rows


async def test_the_page_shows_what_is_to_be_paid(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link
) -> None:
    case = await make_case()
    path = await link(case)
    for address in (path, "/api" + path):
        page = await client.get(address)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "₹1,25,000.50" in page.text
        assert "Private Car Package" in page.text
        assert "4 December 2026" in page.text
        assert case.policy_number not in page.text
        assert case.policy_number[-4:] in page.text
        assert "9876543210" not in page.text
        assert "asha@example.com" not in page.text


async def test_a_product_without_a_name_is_not_shown(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link
) -> None:
    page = await client.get(await link(await make_case(product=None)))
    assert "₹1,25,000.50" in page.text
    assert "Product" not in page.text
    assert "motor" not in page.text


async def test_the_page_keeps_to_itself(client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link) -> None:
    page = await client.get(await link(await make_case()))
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert gateway.world.address in policy  # browsers check the form's target again at the redirect
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]
    assert "<script" not in page.text
    assert not re.search(r'(src|href)="https?:', page.text)
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce
    assert f'<style nonce="{nonce[1]}">' in page.text


async def test_paying_opens_one_order_however_often_it_is_tapped(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link
) -> None:
    case = await make_case()
    path, other = await link(case), await link(case)
    first = await client.post(path)
    again, elsewhere = await client.post(path), await client.post(other)
    assert first.status_code == 303
    assert first.headers["location"].startswith(gateway.world.address)
    assert first.headers["location"] == again.headers["location"] == elsewhere.headers["location"]
    (payment,) = await rows("select * from payments")
    assert (payment["status"], str(payment["amount"])) == ("created", "125000.50")
    at_gateway = gateway.razorpay.current(payment["order_id"])
    assert at_gateway is not None
    assert at_gateway["amount"] == 12_500_050
    assert not at_gateway["notify"]["sms"]
    calls = await rows("select operation, outcome from vendor_calls where vendor = 'razorpay'")
    assert calls == [{"operation": "open_order", "outcome": "ok"}]


async def test_opening_and_prefetching_spends_nothing(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link
) -> None:
    path = await link(await make_case())
    for _ in range(5):
        assert "₹1,25,000.50" in (await client.get(path, headers={"Purpose": "prefetch"})).text
        assert (await client.head(path)).status_code == 200
    assert (await client.post(path)).status_code == 303


async def test_a_paid_link_says_so_and_takes_no_more(
    client: httpx.AsyncClient, voice: Voice, make_case: MakeCase, link, run_jobs
) -> None:
    case = await make_case()
    path = await link(case)
    await client.post(path)
    (payment,) = await rows("select order_id from payments")
    await voice.say(paid_link(payment["order_id"], "pay_1", 12_500_050))
    await run_jobs()
    page = await client.get(path)
    assert "Paid. Thank you!" in page.text
    assert "₹1,25,000.50" in page.text
    assert "pay_1" in page.text
    answer = await client.post(path)
    assert answer.status_code == 200
    assert "Paid. Thank you!" in answer.text
    assert len(await rows("select 1 from payments")) == 1
    assert (await rows("select used_at from payment_links"))[0]["used_at"] is not None


async def test_coming_back_is_not_a_proof_but_the_gateway_is_asked(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link, run_jobs
) -> None:
    path = await link(await make_case())
    checkout = (await client.post(path)).headers["location"]
    async with httpx.AsyncClient() as browser:
        back = (await browser.post(checkout, data={"method": "upi"})).headers["location"]
    query = back.partition("?")[2]
    forged = await client.get(f"{path}?{query[:-4]}0000")
    assert "confirming" not in forged.text
    assert "Pay ₹1,25,000.50" in forged.text
    page = await client.get(f"{path}?{query}")
    assert "We are confirming your payment" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert (await rows("select status from payments")) == [{"status": "created"}]
    await run_jobs()  # no webhook has come: the poll decides
    assert "Paid. Thank you!" in (await client.get(f"{path}?{query}")).text


async def test_an_expired_link_sends_a_fresh_one_once(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link, clock: FixedClock
) -> None:
    path = await link(await make_case())
    clock.moment += timedelta(hours=48)
    page = await client.get(path)
    assert "This link has expired" in page.text
    assert "•••••• 3210" in page.text
    assert "9876543210" not in page.text
    assert (await client.post(path)).status_code == 200
    assert await rows("select 1 from payments") == []
    answer = await client.post(path + "/fresh")
    assert answer.status_code == 200
    fresh = await rows("select id, expires_at, replaced_by from payment_links order by id")
    assert len(fresh) == 2
    assert fresh[0]["replaced_by"] == fresh[1]["id"]
    assert fresh[1]["expires_at"] == clock.now() + timedelta(hours=48)
    assert "A new link is on its way" in answer.text
    (message,) = await rows("select recipient_contact, status, content from communication_delivery_status")
    assert message["recipient_contact"] == "+919876543210"
    assert message["status"] == "sent"
    await client.post(path + "/fresh")
    assert len(await rows("select 1 from payment_links")) == 2


async def test_a_fresh_link_goes_to_the_address_of_today(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link, clock: FixedClock
) -> None:
    """The number the old one went to belongs to another person by now."""
    path = await link(await make_case())
    async with unit_of_work() as session:
        await db.execute(session, "update customers set phone = '+919811100000'")
    clock.moment += timedelta(hours=48)
    assert "•••••• 0000" in (await client.get(path)).text
    await client.post(path + "/fresh")
    (message,) = await rows("select recipient_contact from communication_delivery_status")
    assert message["recipient_contact"] == "+919811100000"


async def test_an_amount_that_changes_is_asked_for_as_it_stands(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link, clock: FixedClock
) -> None:
    """Corrected after the message went out, upwards too; a link for a part stays a part."""
    case = await make_case("30000")
    whole, part = await link(case), await link(case, amount="5000")
    first = await client.post(whole)
    for corrected, shown in (("38000", "₹38,000"), ("29000.50", "₹29,000.50")):
        async with unit_of_work() as session:
            await db.execute(session, "update renewal_cases set renewal_amount = %(to)s", {"to": corrected})
        assert shown in (await client.get(whole)).text
        assert "₹5,000" in (await client.get(part)).text
    again = await client.post(whole)
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["location"] != first.headers["location"]
    asked = await rows("select amount from payments where status = 'created' order by id desc limit 1")
    assert str(asked[0]["amount"]) == "29000.50"


async def test_a_fresh_link_that_cannot_be_sent_is_not_promised(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link, clock: FixedClock
) -> None:
    path = await link(await make_case())
    clock.moment += timedelta(hours=48)
    await rows("update providers set is_active = false where channel = 'sms'")
    assert "We could not send a new link" in (await client.post(path + "/fresh")).text
    assert "This link has expired" in (await client.get(path)).text  # and may be asked for again


async def test_a_closed_case_cannot_be_paid(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link
) -> None:
    case = await make_case()
    path = await link(case)
    await rows("update renewal_cases set status = 'lapsed', closed_at = now() where id = %(id)s", id=case.id)
    for page in (await client.get(path), await client.post(path)):
        assert page.status_code == 200
        assert "This renewal is closed" in page.text
        assert "<form" not in page.text


async def test_a_wrong_token_is_a_friendly_404(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link
) -> None:
    path = await link(await make_case())
    for wrong in (
        "/pay/nonsense",
        path[:-1] + ("A" if path[-1] != "A" else "B"),
        "/pay/MQ.AAAA",
        path + "/x"[:0] + "x",
    ):
        for answer in (await client.get(wrong), await client.post(wrong), await client.post(wrong + "/fresh")):
            assert answer.status_code == 404
            assert "This link is not valid" in answer.text


async def test_the_page_speaks_the_customers_language(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link
) -> None:
    path = await link(await make_case(language="hi"))
    page = (await client.get(path)).text
    assert '<html lang="hi" dir="ltr">' in page
    assert "देय राशि" in page
    assert "4 दिसंबर 2026" in page
    assert "₹1,25,000.50" in page
    assert "Amount to pay" in (await client.get(path + "?lang=en")).text
    tamil = (await client.get(path + "?lang=ta")).text  # not translated yet: English words, and it says so
    assert '<html lang="en" dir="ltr">' in tamil
    assert "Amount to pay" in tamil
    urdu = (await client.get(path + "?lang=ur")).text
    assert 'dir="rtl"' in urdu
    assert "Amount to pay" in (await client.get(path + "?lang=xx")).text


async def test_without_a_gateway_it_says_so(
    client: httpx.AsyncClient, clock: FixedClock, make_case: MakeCase, link
) -> None:
    path = await link(await make_case())
    await rows("update providers set is_active = false where channel = 'payment'")
    for page in (await client.get(path), await client.post(path)):
        assert page.status_code == 503
        assert "Payment is not possible right now" in page.text


async def test_a_gateway_that_is_away_charges_nothing_and_is_found_again(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link
) -> None:
    path = await link(await make_case())
    await rows("update providers set is_active = false")
    assert (await client.post(path)).status_code == 503
    await rows("update providers set is_active = true")
    assert (await client.post(path)).status_code == 303
