"""Where a request comes from: the connection's address, or what a trusted gateway reports, and never what an unknown client claims."""

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from py360.entrypoints.api import proxies
from py360.kit.settings import Settings
from tests.services import ADMIN, PASSWORD


async def source_of_sign_in(app: FastAPI, trusted: str, peer: str, forwarded: str) -> str:
    """The address that a sign-in is recorded with."""
    config = uvicorn.Config(app, lifespan="off", **proxies(Settings(PY360_TRUSTED_PROXIES=trusted)))
    config.load()
    transport = httpx.ASGITransport(app=config.loaded_app, client=(peer, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        login = {"email": ADMIN, "password": PASSWORD}
        answer = await client.post("/api/auth/login", json=login, headers={"X-Forwarded-For": forwarded})
        client.headers["authorization"] = f"Bearer {answer.json()['data']['token']}"
        sessions = (await client.get("/api/auth/sessions")).json()["data"]["sessions"]
    return str(next(session["ipAddress"] for session in sessions if session["current"]))


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "source"),
    [
        ("", "127.0.0.1", "192.0.2.9", "127.0.0.1"),
        ("", "10.0.0.5", "192.0.2.9", "10.0.0.5"),
        ("127.0.0.1", "127.0.0.1", "192.0.2.9", "192.0.2.9"),
        ("10.0.0.0/24, 127.0.0.1", "10.0.0.5", "192.0.2.9", "192.0.2.9"),
        ("10.0.0.0/24", "10.0.0.5", "203.0.113.66, 192.0.2.9", "192.0.2.9"),
        ("10.0.0.0/24", "198.51.100.4", "192.0.2.9", "198.51.100.4"),
    ],
)
async def test_only_a_trusted_gateway_says_where_a_request_comes_from(
    app: FastAPI, trusted: str, peer: str, forwarded: str, source: str
) -> None:
    assert await source_of_sign_in(app, trusted, peer, forwarded) == source


def test_a_name_is_no_trusted_proxy() -> None:
    with pytest.raises(ValueError, match="PY360_TRUSTED_PROXIES"):
        Settings(PY360_TRUSTED_PROXIES="gateway.example.com")
