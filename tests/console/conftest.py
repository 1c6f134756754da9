"""A browser without a window: cookies, HTML, the headers that browsers send."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest_asyncio
from fastapi import FastAPI

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.house.book import statements_of_the_book
from tests.modules.conftest import PASSWORD, AsRole, as_role
from tests.services import ADMIN
from tests.services import PASSWORD as ADMIN_PASSWORD

__all__ = ["PASSWORD", "AsRole", "as_role"]  # the fixture
HTML = "text/html,application/xhtml+xml"


class Browser(httpx.AsyncClient):
    """Opens pages and sends their forms as a browser does."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            transport=httpx.ASGITransport(app), base_url="http://test", headers={"accept": HTML}, follow_redirects=True
        )

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Fill in the form of the sign-in page and send it."""
        page = await self.get("/console/sign-in")
        token = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert token
        form = {"email": email, "password": password, "csrf": token[1]}
        return await self.post("/console/sign-in", data=form, headers={"origin": "http://test"})

    async def ask(self, method: str, path: str, **options: object) -> httpx.Response:
        """What a script of a page asks of the API."""
        headers = {"accept": "application/json", "origin": "http://test", "x-csrf-token": self.cookies["py360_csrf"]}
        return await self.request(method, f"/console/api{path}", headers=headers, **options)


BrowserOf = Callable[[str], Awaitable[Browser]]


@pytest_asyncio.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser in which nobody has signed in."""
    async with Browser(app) as opened:
        yield opened


@pytest_asyncio.fixture
async def browser_of(browser: Browser, as_role: AsRole) -> BrowserOf:
    """The browser of a new user in a role, signed in."""

    async def sign_in(role: str) -> Browser:
        person = await as_role(role)
        answer = await browser.sign_in(person.user["email"])
        assert answer.status_code == 200, answer.text
        return browser

    return sign_in


@pytest_asyncio.fixture
async def desk(browser: Browser) -> Browser:
    """The first administrator's browser, in an office that has some of everything."""
    async with unit_of_work() as session:
        for statement in statements_of_the_book(2):
            await db.execute(session, statement)
    await browser.sign_in(ADMIN, ADMIN_PASSWORD)
    return browser
