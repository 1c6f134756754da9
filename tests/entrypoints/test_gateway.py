"""The gateway's configuration, tried on a real NGINX in front of two services."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from py360.entrypoints import wiring
from py360.entrypoints.gateway import configuration, paths
from py360.kit.settings import Settings
from tests.installation import CHECKOUT, PY360, free_port
from tests.services import ADMIN, PASSWORD

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
needs_nginx = pytest.mark.skipif(
    NGINX is None and not os.environ.get("PY360_CI"), reason="NGINX is not installed (Debian: apt-get install nginx)"
)


class Service(BaseHTTPRequestHandler):
    """Answers with the port it listens on and what reached it."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _answer(self, body: bytes) -> None:
        seen = {
            "port": self.server.server_address[1],
            "path": self.path,
            "headers": dict(self.headers),
            "body": len(body),
        }
        answer = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def service() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@contextmanager
def nginx(folder: Path, conf: str, port: int) -> Iterator[None]:
    folder.joinpath("py360.conf").write_text(conf)
    main = folder / "nginx.conf"
    main.write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/py360.conf; }}\n"
    )
    with running([str(NGINX), "-c", str(main), "-p", str(folder)], port, {**os.environ}):
        yield


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """A process while it is needed, from the moment it listens."""
    process = subprocess.Popen(command, env=environment, cwd="/")
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, f"{command} ended with {process.returncode}"
                assert time.monotonic() < deadline, f"{command} does not listen"
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(20)


@needs_nginx
def test_every_path_goes_to_the_service_that_has_it(tmp_path: Path) -> None:
    port = free_port()
    with service() as everything, service() as identity:
        conf = configuration(f"127.0.0.1:{everything}", [f"identity=127.0.0.1:{identity}"], f"127.0.0.1:{port}")
        with nginx(tmp_path, conf, port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            for path in paths("identity"):
                real = path.replace("{", "").replace("}", "")
                assert http.get(real).json()["port"] == identity, path
            for path in paths("cases"):
                real = path.replace("{", "").replace("}", "")
                assert http.get(real).json()["port"] == everything, path
            assert http.get("/api/health").json()["port"] == everything
            assert http.post("/api/upload/file", content=b"x" * (3 << 20)).json()["body"] == 3 << 20
            socketed = http.get("/ws", headers={"Connection": "Upgrade", "Upgrade": "websocket"}).json()["headers"]
            assert (socketed["Connection"], socketed["Upgrade"]) == ("upgrade", "websocket")
            assert socketed["Host"] == f"127.0.0.1:{port}"


@pytest.mark.slow
@needs_nginx
def test_two_services_are_one_api(configured: Settings, tmp_path: Path) -> None:
    """People sign in at one process and read cases at another, and never know."""
    port, people, work = free_port(), free_port(), free_port()
    below = ("identity", "organization", "settings")
    above = [module for module in wiring.MODULES if module not in below]
    chosen = {people: ",".join(below), work: ",".join(above)}
    conf = configuration(f"127.0.0.1:{work}", [f"{chosen[people]}=127.0.0.1:{people}"], f"127.0.0.1:{port}")
    with ExitStack() as stack:
        for own, modules in chosen.items():
            environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src"), "PY360_PORT": str(own)}
            stack.enter_context(running([*PY360, "api", "--modules", modules], own, environment))
        stack.enter_context(nginx(tmp_path, conf, port))
        assert httpx.get(f"http://127.0.0.1:{people}/api/cases").status_code == 404
        assert httpx.post(f"http://127.0.0.1:{work}/api/auth/login", json={}).status_code == 404
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            answer = http.post("/api/auth/login", json={"email": ADMIN, "password": PASSWORD})
            http.headers["authorization"] = f"Bearer {answer.json()['data']['token']}"
            assert http.get("/api/auth/me").json()["data"]["email"] == ADMIN
            assert http.get("/api/cases").json()["data"]["cases"] == []
            ticket = http.post("/api/ws/ticket").json()["data"]["ticket"]
            with connect(f"ws://127.0.0.1:{port}/ws?ticket={ticket}") as live:
                assert json.loads(live.recv(10))["type"] == "ready"


@needs_nginx
def test_gateway_holds_the_limits_of_the_routes(tmp_path: Path) -> None:
    """Nothing larger than an address takes, and no longer head, reaches a service; HSTS where people come by HTTPS."""
    port = free_port()
    with service() as everything:
        conf = configuration(f"127.0.0.1:{everything}", [], f"127.0.0.1:{port}")
        with nginx(tmp_path, conf, port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            for path, size, status in (
                ("/api/auth/login", 1 << 20, 200),
                ("/api/auth/login", (1 << 20) + 1, 413),
                ("/api/upload/file", 20 << 20, 200),
                ("/api/upload/tus/7", 20 << 20, 200),
            ):
                assert http.post(path, content=b"x" * size).status_code == status, (path, size)
            assert http.get("/api/health", headers={"X-Long": "x" * 40_000}).status_code in (400, 431)
            assert "strict-transport-security" not in http.get("/api/health").headers
            secure = http.get("/api/health", headers={"X-Forwarded-Proto": "https"}).headers
            assert secure["strict-transport-security"].startswith("max-age=31536000")


def test_a_service_that_is_not_one_is_refused() -> None:
    with pytest.raises(ValueError, match="is not module=host:port"):
        configuration("127.0.0.1:8360", ["identity"])
    with pytest.raises(ValueError, match="nonsense"):
        configuration("127.0.0.1:8360", ["nonsense=127.0.0.1:1"])
