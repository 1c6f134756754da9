"""Customers on the web: they load the pictures of a mail, follow its links, and pay on the pages they find there.

Like a browser it knows nothing of the pages it meets beyond their HTML. It only ever visits our own installation and
the sandbox's own checkout: a link to anywhere else is not followed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp

from py360.sandbox import pages
from py360.sandbox.journal import Journal
from py360.sandbox.pages import Form, Page
from py360.sandbox.timeline import Timeline

log = logging.getLogger(__name__)

TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
HOPS: Final = 8
ATTEMPTS: Final = 8  # a customer who meets an error page tries again later
PAUSE: Final = 1.0  # seconds before the second attempt; doubles
HEADERS: Final = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) Py360Sandbox/1.0", "Accept": "text/html,*/*"}
ONE_CLICK: Final = "List-Unsubscribe=One-Click"  # RFC 8058, section 3.2

Errand = Callable[[], Awaitable[None]]


class Unreachable(Exception):
    """The page did not answer, or answered with a server error: worth another try."""


class Visit:
    """A page that was reached: its address, its HTTP status and its content."""

    def __init__(self, url: str, status: int, text: str) -> None:
        self.url = url
        self.status = status
        self.page = pages.read(text, url) if text else Page()

    @property
    def good(self) -> bool:
        """Whether the page answered without an error."""
        return self.status < 400


class Visitor:
    """A bounded number of browsers, shared by all customers."""

    def __init__(self, http: aiohttp.ClientSession, journal: Journal, homes: frozenset[str], browsers: int) -> None:
        self._http = http
        self._journal = journal
        self._homes = homes
        self._queue: asyncio.Queue[tuple[Errand, int]] = asyncio.Queue()
        self._later = Timeline()
        self._busy = 0
        self._workers = [asyncio.create_task(self._work(), name="browser") for _ in range(browsers)]

    @property
    def waiting(self) -> int:
        """Errands not done yet."""
        return self._queue.qsize() + self._later.waiting + self._busy

    def go(self, errand: Errand) -> None:
        """Do this as soon as a browser is free; again later while the site is unreachable."""
        self._queue.put_nowait((errand, 1))

    async def _work(self) -> None:
        while True:
            errand, attempt = await self._queue.get()
            self._busy += 1
            try:
                await errand()
            except Unreachable as reason:
                self._again(errand, attempt, str(reason))
            finally:
                self._busy -= 1

    def _again(self, errand: Errand, attempt: int, reason: str) -> None:
        if attempt >= ATTEMPTS:
            self._journal.count("customers", "gaveUp")
            log.warning("a customer gave up: %s", reason)
            return
        self._later.after(PAUSE * 2 ** (attempt - 1), lambda: self._queue.put_nowait((errand, attempt + 1)))

    async def picture(self, url: str) -> bool:
        """Load a picture, such as an open pixel."""
        return (await self._fetch("GET", url, None)).good

    async def unsubscribe(self, url: str) -> bool:
        """What the mail reader's own unsubscribe button does."""
        return (await self._fetch("POST", url, ONE_CLICK)).good

    async def open(self, url: str) -> Visit:
        """Follow a link."""
        return await self._fetch("GET", url, None)

    async def submit(self, form: Form, **chosen: str) -> Visit:
        """Send a form with its fields as they are and the chosen buttons."""
        fields = {**form.fields, **chosen}
        if form.method == "post":
            return await self._fetch("POST", form.action, fields)
        return await self._fetch("GET", f"{form.action.partition('?')[0]}?{urlencode(fields)}", None)

    async def _fetch(self, method: str, url: str, data: str | dict[str, str] | None) -> Visit:
        headers = {**HEADERS, "Content-Type": "application/x-www-form-urlencoded"} if isinstance(data, str) else HEADERS
        for _ in range(HOPS):
            if urlsplit(url).netloc not in self._homes:
                self._journal.count("customers", "foreignLinks")
                return Visit(url, 200, "")
            try:
                async with self._http.request(
                    method, url, data=data, headers=headers, allow_redirects=False, timeout=TIMEOUT
                ) as answer:
                    target = answer.headers.get("Location")
                    if answer.status in (301, 302, 303, 307, 308) and target:
                        url = urljoin(url, target)
                        if answer.status < 307:
                            method, data, headers = "GET", None, HEADERS
                        continue
                    html = answer.content_type in ("text/html", "application/xhtml+xml")
                    text = await answer.text() if html else ""
                    status = answer.status
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise Unreachable(f"{url} did not answer ({type(error).__name__})") from error
            if status >= 500 or status == 429:
                raise Unreachable(f"{url} answered {status}")
            return Visit(url, status, text)
        return Visit(url, 508, "")

    def clear(self) -> None:
        """Forget the errands not begun."""
        self._later.clear()
        while not self._queue.empty():
            self._queue.get_nowait()

    async def close(self) -> None:
        """Close the browsers."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
