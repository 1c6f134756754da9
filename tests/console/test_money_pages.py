"""The pages of money: instalments, bank files with their preview, exceptions, e-mandates; and those of channels and units."""

from tests.console.conftest import Browser, BrowserOf
from tests.factories.claims import data

BANK = b"Value Date,UTR,Narration,Credit\n25/11/2026,UTR0001,NEFT POL-1001,12500\n25/11/2026,UTR0002,NEFT UNKNOWN,700\n"


async def test_bank_file_is_shown_line_by_line_before_it_is_applied(desk: Browser) -> None:
    answer = await desk.ask(
        "POST", "/payments/statements", data={"kind": "bank"}, files={"file": ("bank.csv", BANK, "text/csv")}
    )
    number = data(answer, 201)["statement"]["id"]
    page = await desk.get(f"/console/statements/{number}")
    assert "nothing is booked yet" in page.text
    assert "UTR0002" in page.text
    unmatched = await desk.get(f"/console/statements/{number}", params={"outcome": "unmatched"})
    assert "UTR0002" in unmatched.text
    data(await desk.ask("POST", f"/payments/statements/{number}/apply", json={}))
    assert "Booked on" in (await desk.get(f"/console/statements/{number}")).text


async def test_exception_is_resolved_with_a_reason(desk: Browser) -> None:
    page = await desk.get("/console/payment-exceptions", params={"status": "open"})
    assert "Resolve" in page.text
    data(await desk.ask("POST", "/payments/exceptions/1001/resolve", json={"reason": "Refunded by the bank"}))
    resolved = await desk.get("/console/payment-exceptions", params={"status": "resolved"})
    assert "Refunded by the bank" in resolved.text


async def test_instalments_are_planned_on_the_page_of_the_case(desk: Browser) -> None:
    page = await desk.get("/console/cases/CASE-1001/payments")
    assert "Plan instalments" in page.text
    body = {"count": 4, "frequency": "quarterly", "startDate": "2026-12-31"}
    data(await desk.ask("POST", "/cases/CASE-1001/payment-plans", json=body), 201)
    page = await desk.get("/console/cases/CASE-1001/payments")
    assert page.text.count('data-open="#remind-') == 4


async def test_mandates_and_debits_are_shown(desk: Browser) -> None:
    for path in ("/mandates", "/mandates/mandate-1001", "/debits", "/billing/messages", "/billing/vendors/1"):
        page = await desk.get(f"/console{path}")
        assert page.status_code == 200, page.text
    assert "Debits" in (await desk.get("/console/mandates/mandate-1001")).text


async def test_money_is_for_those_who_reconcile(browser_of: BrowserOf) -> None:
    agent = await browser_of("agent")
    for path in ("/statements", "/payment-exceptions"):
        assert (await agent.get(f"/console{path}")).status_code == 403


async def test_channel_is_made_and_its_performance_shown(desk: Browser) -> None:
    made = data(await desk.ask("POST", "/channels", json={"name": "Web site", "type": "online"}), 201)["id"]
    page = await desk.get(f"/console/channels/{made}")
    assert "Web site" in page.text
    assert "Cost of a renewal" in page.text
    assert "Web site" in (await desk.get("/console/channels", params={"search": "web"})).text


async def test_units_are_compared_in_a_period(desk: Browser) -> None:
    page = await desk.get("/console/organization/1001/performance", params={"from": "2026-04-01", "to": "2026-11-30"})
    assert "Team 1001" in page.text
    assert "before:" in page.text
    compared = await desk.get("/console/hierarchy-comparison?nodeIds=1001&nodeIds=1002")
    assert compared.text.count("/organization/100") >= 2


async def test_costs_of_messages_are_those_of_the_chosen_days(desk: Browser) -> None:
    page = await desk.get("/console/billing", params={"from": "2020-01-01", "to": "2020-01-31"})
    assert page.status_code == 200, page.text
    assert 'value="2020-01-01"' in page.text
    assert "/console/billing/messages?from=2020-01-01&amp;to=2020-01-31" in page.text
    refused = await desk.get("/console/billing", params={"from": "2020-01-01"})
    assert (refused.status_code, "A range has a first and a last day." in refused.text) == (422, True)
