"""What every test may ask for: a fresh database, the application on it, people who call, and the queued jobs run."""

import gc
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import procrastinate
import psycopg
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from procrastinate.periodic import PeriodicRegistry
from xdist.scheduler import LoadScopeScheduling

from py360.entrypoints import wiring
from py360.entrypoints.api import build_app
from py360.kit import jobs, pools, webhooks
from py360.kit.clock import FixedClock
from py360.kit.resources import Resources
from py360.kit.settings import Settings, settings
from py360.modules.notifications import sockets
from tests import services
from tests.contract import CheckedTransport
from tests.databases import Connections
from tests.factories.sessions import signed_in
from tests.services import ADMIN

BESIDE_THE_CHECKOUT = ("test_portfolio.py", "test_client_contract.py")  # need files that no package has
INSTALLATIONS = {  # by the file whose tests share one; xdist_group does the same, but not under this version of pytest
    "test_browser.py": "console",
    "test_readme.py": "followed",
    "test_demo.py": "demonstrated",
    "test_integration.py": "demonstrated",
    "test_client_contract.py": "demonstrated",
    "test_restored_elsewhere.py": "demonstrated",
}
RunJobs = Callable[[], Awaitable[None]]
os.environ.setdefault("PY360_SECRET_KEY", services.SECRET_KEY)  # tests without an installation sign and seal too

gc.freeze()
gc.set_threshold(100_000, 50)  # a fifth of the tests' time went into looking through modules that stay anyway
gc.enable()

webhooks.LOOK_AGAIN_SECONDS = 0  # no events come in while a test runs its jobs

# No test waits for a time that a busy machine may miss.
hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")


def _without_requests(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if event["event"] == "request":
        raise structlog.DropEvent
    return event


structlog.configure(processors=[_without_requests, *structlog.get_config()["processors"]])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where `.ci/run` has installed everything, a test that is skipped has failed; a real insurer's file it cannot install."""
    report = yield
    if report.skipped and os.environ.get("PY360_CI") and item.path.name not in BESIDE_THE_CHECKOUT:
        report.outcome, report.longrepr = "failed", f"{item.nodeid} was skipped: {report.longrepr}"
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    """For `make fast`."""
    parser.addoption("--first", type=int, help="run only so many tests of every file, and one case of each")


@pytest.hookimpl(trylast=True)  # after those that are not asked for were left out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the others, when asked to. The slow ones come first, so that none is left for one worker at the end."""
    if number := config.getoption("--first"):
        first = {item.nodeid.partition("[")[0]: item for item in reversed(items)}
        of_file = itertools.groupby(reversed(first.values()), key=lambda item: item.path)
        items[:] = [item for _, group in of_file for item in itertools.islice(group, number)]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


class OneInstallation(LoadScopeScheduling):
    """Tests that share a whole installation run in one process, so that it starts once; all others wherever there is room."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return INSTALLATIONS.get(file.rpartition("/")[2], nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneInstallation:
    """Who runs which test, for `pytest -n`."""
    return OneInstallation(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The servers end with the run that started them."""
    if not hasattr(config, "workerinput"):
        services.stop()


@pytest.fixture(scope="session")
def servers() -> services.Services:
    """The PostgreSQL and Valkey of this checkout's tests."""
    return services.start()


@pytest.fixture
def configured(servers: services.Services, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an installation whose database is as it was installed."""
    database = servers.lend()
    os.environ |= {
        "PY360_HOME": str(tmp_path / "home"),
        "DATABASE_URL": servers.database_url(database.name),
        "REDIS_URL": servers.redis_url,
        "PY360_SECRET_KEY": services.SECRET_KEY,
        "PY360_VENDOR_NETWORKS": "127.0.0.0/8",  # the vendors of tests are on this machine
    }
    settings.cache_clear()
    yield settings()
    settings.cache_clear()
    servers.take_back(database)


@pytest_asyncio.fixture(scope="session")
async def connections(servers: services.Services) -> AsyncIterator[Connections]:
    """For `resources`."""
    opened = Connections(servers.url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def resources(
    configured: Settings, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Resources]:
    """What a process holds, opened on the test's database."""
    reads = await connections.to(configured.database_url)
    monkeypatch.setattr(pools, "make_engine", lambda url, size: connections.engine)
    sockets._rights = sockets._Rights()  # of a process; each test has other people
    with monkeypatch.context() as now:
        now.setattr("py360.kit.resources.Reads", lambda url, size: reads)
        opened = await Resources.open(configured, pool_size=5)
    await opened.cache.flushdb()
    wiring.import_models()
    wiring.import_jobs()
    yield opened
    while opened.closing:  # as `opened.close()`, without the connections that stay
        await opened.closing.pop()()
    await opened.cache.aclose()


_app: FastAPI | None = None


@pytest.fixture
def app(configured: Settings, resources: Resources) -> FastAPI:
    """The API with every module. Built once; each test puts its own resources in."""
    global _app
    if _app is None:
        _app = build_app(configured)
        gc.collect()
        gc.freeze()  # as the API does: what was loaded stays, and the collector need not look through it again and again
    _app.state.resources = resources
    return _app


def caller(app: FastAPI) -> httpx.AsyncClient:
    """A client of the application that has not signed in."""
    return httpx.AsyncClient(transport=CheckedTransport(app), base_url="http://test")


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has not signed in."""
    async with caller(app) as anonymous:
        yield anonymous


@pytest_asyncio.fixture
async def as_admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The first administrator, signed in."""
    async with caller(app) as admin:
        admin.headers["authorization"] = f"Bearer {(await signed_in(ADMIN))['token']}"
        yield admin


@pytest.fixture
def clock(resources: Resources) -> FixedClock:
    """A clock that the test sets; it starts at the real moment, so that tokens are still good."""
    fixed = FixedClock(datetime.now(UTC))
    resources.clock = fixed
    return fixed


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that leaves this process."""
    said: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def told(cursor: Any, query: Any, *rest: Any, **options: Any) -> Any:
        said.append(str(query))
        return await execute(cursor, query, *rest, **options)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", told)
    return said


@pytest.fixture
def run_jobs(configured: Settings, monkeypatch: pytest.MonkeyPatch) -> RunJobs:
    """Run every job that waits, and those they leave behind, until none is due. No periodic ones: which of them were due
    within the last ten minutes is the wall clock's matter, and a test that wants one calls it."""

    async def run() -> None:
        connector = procrastinate.PsycopgConnector(conninfo=configured.database_url, min_size=1)
        with jobs.app.replace_connector(connector) as app, monkeypatch.context() as only_here:
            only_here.setattr(app, "periodic_registry", PeriodicRegistry())
            async with app.open_async():
                await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    return run
