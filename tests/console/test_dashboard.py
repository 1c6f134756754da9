"""The dashboard's pages: figures that lead to their cases, charts one by one, metrics composed and kept."""

import re

from py360.console.pages.dashboard_charts import CHARTS
from py360.modules.analytics.service.fold import fold_all
from tests.console.conftest import BrowserOf
from tests.factories.cases import make_case


async def test_figures_lead_to_their_cases(browser_of: BrowserOf) -> None:
    browser = await browser_of("client_admin")
    await make_case("renewed")
    await make_case("failed")
    await fold_all()
    page = (await browser.get("/console/dashboard?dateRange=week&policyType=motor")).text
    link = re.search(r'href="(/console/cases\?status=renewed[^"]*)"', page)
    assert link
    assert "policyType=motor" in link[1]
    assert "Still to collect" in page
    assert page.count("data-chart-of") == len(CHARTS)
    hindi = (await browser.get("/console/dashboard?dateRange=month&lang=hi")).text
    assert "दिन 1" in hindi
    assert "Day 1" not in hindi


async def test_filters_that_do_not_fit_are_said_on_the_page(browser_of: BrowserOf) -> None:
    browser = await browser_of("client_admin")
    page = await browser.get("/console/dashboard?dateRange=custom&startDate=2026-02-01&endDate=2026-01-01")
    assert page.status_code == 200
    assert "before the first one" in page.text


async def test_every_chart_is_drawn(browser_of: BrowserOf) -> None:
    browser = await browser_of("client_admin")
    await make_case("renewed", channel="Online")
    await make_case("failed")
    await fold_all()
    for chart in CHARTS:
        part = await browser.get(f"/console/dashboard/charts/{chart}?dateRange=all")
        assert part.status_code == 200, (chart, part.text)
        assert "<html" not in part.text, chart
        assert "<h2>" in part.text or "data-chart" in part.text, chart


async def test_a_metric_is_composed_and_kept(browser_of: BrowserOf) -> None:
    browser = await browser_of("client_admin")
    await make_case("renewed", channel="Online")
    await fold_all()
    for chart in ("bar", "line", "table", "number", "pie"):
        page = await browser.get(
            f"/console/dashboard/metrics/new?measure=renewalRate&grouping=channel&dateRange=week&chart={chart}"
        )
        assert page.status_code == 200
        assert "Online" in page.text
    assert "more than" not in page.text
    too_long = await browser.get("/console/dashboard/metrics/new?measure=cases&grouping=day&dateRange=all")
    assert "366 days at most" in too_long.text
    made = await browser.ask(
        "POST", "/dashboard/metrics", json={"name": "By channel", "measure": "renewalRate", "grouping": "channel"}
    )
    assert made.status_code == 201, made.text
    number = made.json()["data"]["metricId"]
    assert "By channel" in (await browser.get("/console/dashboard/metrics")).text
    shown = (await browser.get(f"/console/dashboard/metrics/{number}")).text
    assert "Renewal rate" in shown
    assert "100%" in shown
